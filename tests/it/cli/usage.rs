//! How keyform is called: Terraform's spellings, what is missing, what is mistyped.

use crate::support::sandbox::Sandbox;

#[test]
fn terraform_spellings_do_the_same() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["plan", "-detailed-exitcode"]).code, Some(2));
    let plan = sandbox.run(&["plan", "-json", "-parallelism=4", "-no-color"]);
    assert!(plan.stdout.starts_with('{'), "{}", plan.stdout);
    let applied = sandbox.run(&["apply", "-auto-approve", "-input=false"]);
    assert_eq!(applied.code, Some(0), "{}", applied.text());
    assert_eq!(sandbox.run(&["plan", "-detailed-exitcode"]).code, Some(0));
}

#[test]
fn what_this_version_lacks_is_said_by_name() {
    let sandbox = Sandbox::new();
    let mut said = String::new();
    for verb in [
        "init",
        "show",
        "import",
        "inspect",
        "usage",
        "migrate",
        "snapshot",
        "login",
        "logout",
        "whoami",
        "man",
        "force-unlock",
        "output",
        "refresh",
    ] {
        let run = sandbox.run(&[verb, "web", "--because", "x"]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{verb}");
        said.push_str(&run.stderr);
    }
    insta::assert_snapshot!(said, @"
    error: `init` is not available in this version
    error: `show` is not available in this version
    error: `import` is not available in this version
    error: `inspect` is not available in this version
    error: `usage` is not available in this version
    error: `migrate` is not available in this version
    error: `snapshot` is not available in this version
    error: `login` is not available in this version
    error: `logout` is not available in this version
    error: `whoami` is not available in this version
    error: `man` is not available in this version
    error: there is nothing to unlock: a lease runs out by itself ten minutes after it was taken
    error: keys are not printed; they are delivered to the sinks named in `deliver`
    error: there is no state to refresh: every plan reads the portal
    ");
}

#[test]
fn wrong_usage_ends_with_1_and_a_suggestion() {
    let sandbox = Sandbox::new();
    for args in [
        &["plan", "--detailed-exit-code"][..],
        &["plan", "--jsn"],
        &["plann"],
        &["apply", "--auto-aprove"],
        &["plan", "--width", "wide"],
        &["plan", "--parallelism", "0"],
        &["completion", "tcsh"],
        &["plan", "-lock=false"],
        &["plan", "-replace=web"],
        &["plan", "--out", "plan.kfplan"],
        &["plan", "-target=web"],
        &["plan", "extra"],
        &[],
        &["plan", "-f", "nowhere.yaml"],
        &["plan", "-f", "/"],
    ] {
        let run = sandbox.run(args);
        assert_eq!(run.code, Some(1), "{args:?}: {}", run.text());
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(!run.stderr.is_empty(), "{args:?}");
    }
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--detailed-exit-code"]), @r"
    [stderr]
    error: unexpected argument '--detailed-exit-code' found

      tip: a similar argument exists: '--detailed-exitcode'

    Usage: keyform plan --detailed-exitcode

    For more information, try '--help'.
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["plann"]), @r"
    [stderr]
    error: there is no command `plann`; did you mean `plan`?
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--out", "plan.kfplan"]), @r"
    [stderr]
    error: `--out` is not available in this version
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["plan", "-lock=false"]), @r"
    [stderr]
    error: keyform's lease cannot be waited for or switched off by -lock; `--no-lease` runs without one, and a lease left behind runs out by itself in ten minutes
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["plan", "-f", "nowhere.yaml"]), @r"
    [stderr]
    keyform::config::unreadable_file

      × `nowhere.yaml` cannot be read: it does not exist
      help: check the path; `-f` takes a file or a folder with a keyform.yaml in it
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["completion", "tcsh"]), @r"
    [stderr]
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    [exit 1]
    ");
}

#[test]
fn help_is_not_an_error() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.keyform(&["--help"]), @"
    Makes ArcGIS API keys infrastructure as code

    Usage: keyform [OPTIONS] <COMMAND>

    Commands:
      validate     Checks the configuration, offline
      plan         Shows what apply would do
      apply        Carries out what plan shows
      rotate       Renews keys of credentials now, due or not
      revoke       Ends one key at once, because it leaked
      destroy      Revokes the keys of credentials and deletes their items
      forget       Lets go of credentials: marker and ledger are taken off, keys live on
      drift        Shows what people or the portal changed since it was last applied. Never writes
      status       Lists keys, their ends and what happens next
      explain      Explains what is in force for a credential and why, or what a code means
      forecast     Tells what will happen when, if nothing changes but time
      rehearse     Runs the configuration through simulated time, and kills every run everywhere if
                   asked to
      doctor       Checks the portal: reach, product, version, rights, clock
      schema       Prints a JSON Schema
      emulator     Runs the built-in portal for trying things out
      privileges   Lists privileges that keys can have
      fingerprint  Prints the fingerprint of a key on stdin
      completion   Prints a completion script for a shell
      version      Prints the version
      help         Print this message or the help of the given subcommand(s)

    Options:
      -v, --verbose...       More on stderr; up to three times
      -q, --quiet            Nothing on stderr but errors
          --strict           Treats warnings of the configuration as errors
          --no-color         Never colours
          --color            Always colours
          --ascii            Keeps to ASCII
          --short            Leaves out what is not needed to decide, such as the timeline of keys
          --width <COLUMNS>  Columns to write for
          --input=<BOOL>     Whether questions may be asked: `--input=false` for machines [possible
                             values: true, false]
      -h, --help             Print help
      -V, --version          Print version

    Exit codes: 0 done · 1 error, nothing was changed · 2 changes (--detailed-exitcode) · 3 partly
    withheld · 4 stale · 5 incomplete, run again · 6 another run holds the lease · 130 stopped by a
    signal
    Try it without an account: keyform plan -f examples/quickstart
    [exit 0]
    ");
    for verb in ["plan", "apply", "status", "doctor", "emulator", "validate", "privileges"] {
        let run = sandbox.run(&[verb, "--help"]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{verb}");
    }
}
