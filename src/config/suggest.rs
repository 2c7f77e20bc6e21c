//! What was probably meant.

/// Nothing that can be meant is longer.
const LONGEST: usize = 200;

/// The option nearest to a word, if any is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let len = word.chars().count();
    let far = len.clamp(3, 24) / 3;
    if len > LONGEST {
        return None;
    }
    let lower = word.to_lowercase().replace('-', "_");
    options
        .into_iter()
        .filter(|option| option.chars().count().abs_diff(len) <= far)
        .map(|option| (strsim::osa_distance(&lower, &option.to_lowercase().replace('-', "_")), option))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, option)| (*distance, *option))
        .map(|(_, option)| option)
}

/// `a`, `b` and `c`.
pub(super) fn list<'a>(options: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = options.into_iter().map(|option| format!("`{option}`")).collect();
    let last = quoted.pop().unwrap_or_default();
    if quoted.is_empty() { last } else { format!("{} and {last}", quoted.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        assert_eq!(nearest("privilege", ["privileges", "profiles"]), Some("privileges"));
        assert_eq!(nearest("renew-before", ["renew_before", "overlap"]), Some("renew_before"));
        assert_eq!(nearest("colour", ["privileges", "title"]), None);
    }

    #[test]
    fn a_list_reads_as_people_write_it() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
