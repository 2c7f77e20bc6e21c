//! Every variable of the environment that keyform reads, named once.
//!
//! This is the only file that looks at the environment; everything else is given an [`Environment`].

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::model::Secret;

/// Files with secrets are not longer than this.
const LONGEST: u64 = 64 * 1024;

/// A variable, for documentation and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Whether its value is a secret.
    pub secret: bool,
    /// Whether `NAME_FILE` may name a file with the value instead.
    pub file: bool,
    /// What it is for.
    pub purpose: &'static str,
}

macro_rules! variables {
    ($($name:literal $secret:literal $file:literal $purpose:literal;)*) => {
        /// Every variable, in the order of the documentation.
        pub const VARIABLES: &[Variable] =
            &[$(Variable { name: $name, secret: $secret, file: $file, purpose: $purpose },)*];
    };
}

variables! {
    "KEYFORM_TOKEN" true true "a user token; wins over every other sign-in";
    "KEYFORM_REFERER" false true "the referer that the token is bound to";
    "KEYFORM_USERNAME" false true "the user name to sign in with";
    "KEYFORM_PASSWORD" true true "the password to sign in with";
    "KEYFORM_CLIENT_ID" false true "the OAuth application to sign in with";
    "KEYFORM_REFRESH_TOKEN" true true "the OAuth refresh token to sign in with";
    "KEYFORM_PORTAL" false false "the portal that must be meant; a configuration that names another one is refused";
    "KEYFORM_STACK" false false "the stack that must be meant; a configuration of another one is refused";
    "NO_COLOR" false false "no colours, if not empty";
    "CI" false false "no questions and no progress bars, if not empty or false";
    "COLUMNS" false false "the width of the output";
    "TERM" false false "no colours, if dumb";
}

/// Why the environment cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum EnvError {
    /// A variable and its `_FILE` twin are both there.
    #[error("both {0} and {0}_FILE are set")]
    Both(&'static str),
    /// The file of a `_FILE` variable cannot be read.
    #[error("the file that {name}_FILE names cannot be read: {why}")]
    File { name: &'static str, why: String },
    /// A pin that pins nothing, as where a variable of CI is missing.
    #[error("{0} is set and empty; unset it, or say what must be meant")]
    Empty(&'static str),
    /// A value that is not text.
    #[error("{0} is not UTF-8")]
    NotText(&'static str),
}

/// What the environment says must be meant; a configuration that says anything else is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// The portal: `KEYFORM_PORTAL`.
    pub portal: Option<String>,
    /// The stack: `KEYFORM_STACK`.
    pub stack: Option<String>,
}

/// What the environment says.
///
/// No `Debug` and no `Clone`, for it holds secrets.
#[derive(Default)]
pub struct Environment {
    /// `KEYFORM_TOKEN`.
    pub token: Option<Secret>,
    /// `KEYFORM_REFERER`.
    pub referer: Option<String>,
    /// `KEYFORM_USERNAME`.
    pub username: Option<String>,
    /// `KEYFORM_PASSWORD`.
    pub password: Option<Secret>,
    /// `KEYFORM_CLIENT_ID`.
    pub client_id: Option<String>,
    /// `KEYFORM_REFRESH_TOKEN`.
    pub refresh_token: Option<Secret>,
    /// `KEYFORM_PORTAL` and `KEYFORM_STACK`.
    pub pins: Pins,
    /// Whether colours are unwanted: `NO_COLOR`.
    pub no_color: bool,
    /// Whether nobody watches: `CI`.
    pub ci: bool,
    /// `COLUMNS`, if it is a number.
    pub columns: Option<usize>,
    /// `TERM`.
    pub term: Option<String>,
    /// Everything, for programs that are started.
    pub inherited: Vec<(OsString, OsString)>,
}

impl Environment {
    /// What the environment of this process says.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn of_process() -> Result<Self, EnvError> {
        let mut map = BTreeMap::new();
        for variable in VARIABLES {
            for name in [variable.name.to_owned(), twin(variable.name)] {
                if let Some(value) = std::env::var_os(&name) {
                    map.insert(name, value.into_string().map_err(|_| EnvError::NotText(variable.name))?);
                }
            }
        }
        let mut environment = Self::of_map(map)?;
        environment.inherited = std::env::vars_os().collect();
        Ok(environment)
    }

    /// What a map of variables says; empty values count as absent.
    pub fn of_map(mut map: BTreeMap<String, String>) -> Result<Self, EnvError> {
        for pin in ["KEYFORM_PORTAL", "KEYFORM_STACK"] {
            if map.get(pin).is_some_and(|value| value.trim().is_empty()) {
                return Err(EnvError::Empty(pin));
            }
        }
        let mut take = |name: &'static str| -> Result<Option<String>, EnvError> {
            let file = VARIABLES.iter().any(|variable| variable.name == name && variable.file);
            let value = map.remove(name).filter(|value| !value.is_empty());
            let path = map.remove(&twin(name)).filter(|path| file && !path.is_empty());
            match (value, path) {
                (Some(_), Some(_)) => Err(EnvError::Both(name)),
                (None, Some(path)) => read(name, PathBuf::from(path)).map(Some),
                (value, None) => Ok(value),
            }
        };
        Ok(Self {
            token: take("KEYFORM_TOKEN")?.map(Secret::new),
            referer: take("KEYFORM_REFERER")?,
            username: take("KEYFORM_USERNAME")?,
            password: take("KEYFORM_PASSWORD")?.map(Secret::new),
            client_id: take("KEYFORM_CLIENT_ID")?,
            refresh_token: take("KEYFORM_REFRESH_TOKEN")?.map(Secret::new),
            pins: Pins { portal: take("KEYFORM_PORTAL")?, stack: take("KEYFORM_STACK")? },
            no_color: take("NO_COLOR")?.is_some(),
            ci: take("CI")?.is_some_and(|value| !value.eq_ignore_ascii_case("false") && value != "0"),
            columns: take("COLUMNS")?.and_then(|value| value.trim().parse().ok()),
            term: take("TERM")?,
            inherited: Vec::new(),
        })
    }
}

fn twin(name: &str) -> String {
    format!("{name}_FILE")
}

/// The content of a file without the line end that editors add.
fn read(name: &'static str, path: PathBuf) -> Result<String, EnvError> {
    let failed = |why: String| EnvError::File { name, why };
    let size = fs::metadata(&path).map_err(|error| failed(error.kind().to_string()))?.len();
    if size > LONGEST {
        return Err(failed("it is larger than 64 KiB".into()));
    }
    let mut text = fs::read_to_string(path).map_err(|error| failed(error.kind().to_string()))?;
    while text.ends_with(['\n', '\r']) {
        text.pop();
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_secret_comes_from_its_variable_or_from_the_file_that_its_twin_names() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "s3cret\r\n").unwrap();
        let path = file.path().to_str().unwrap();
        let env = Environment::of_map(map(&[("KEYFORM_PASSWORD_FILE", path), ("KEYFORM_USERNAME", "svc")])).unwrap();
        assert_eq!(env.password.unwrap().reveal(), "s3cret");
        assert_eq!(env.username.as_deref(), Some("svc"));
        let both = Environment::of_map(map(&[("KEYFORM_TOKEN_FILE", path), ("KEYFORM_TOKEN", "t")]));
        assert_eq!(both.err(), Some(EnvError::Both("KEYFORM_TOKEN")));
    }

    #[test]
    fn a_file_that_is_not_there_is_named_by_its_variable() {
        let error = Environment::of_map(map(&[("KEYFORM_TOKEN_FILE", "/nowhere/at/all")])).err().unwrap();
        assert_eq!(error.to_string(), "the file that KEYFORM_TOKEN_FILE names cannot be read: entity not found");
    }

    #[test]
    fn an_empty_pin_is_an_error_and_not_no_pin() {
        let env = Environment::of_map(map(&[("KEYFORM_PORTAL", "https://gis.example.gov"), ("KEYFORM_STACK", "s")]));
        let pins = env.unwrap().pins;
        assert_eq!((pins.portal.as_deref(), pins.stack.as_deref()), (Some("https://gis.example.gov"), Some("s")));
        assert_eq!(Environment::of_map(map(&[("KEYFORM_STACK", " ")])).err(), Some(EnvError::Empty("KEYFORM_STACK")));
    }

    #[test]
    fn empty_is_absent() {
        let env = Environment::of_map(map(&[("KEYFORM_TOKEN", ""), ("NO_COLOR", ""), ("CI", "false")])).unwrap();
        assert!(env.token.is_none() && !env.no_color && !env.ci);
        let env = Environment::of_map(map(&[("NO_COLOR", "1"), ("CI", "true"), ("COLUMNS", "90")])).unwrap();
        assert!(env.no_color && env.ci && env.columns == Some(90));
    }
}
