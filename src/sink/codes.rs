//! The table of codes that a sink can fail with.

use crate::model::codes;

codes! {
    /// Every code of this module.
    pub(crate) CODES "sink";

    NO_FOLDER "no_folder", "The folder of a sink does not exist",
        "keyform makes the last folder of a sink's path (for its owner only) if the one above exists, and no more, so that a misspelt path does not grow a tree. Nothing was written.",
        "make the folder, or correct `path`; it is relative to the configuration file";
    NOT_A_FILE "not_a_file", "Something other than a file stands at a sink's path",
        "A key is only written to a regular file, or through a symbolic link to one; a folder, device, pipe or socket is left alone. Nothing was written.",
        "point `path` at a file, or move away what stands there";
    DANGLING_LINK "dangling_link", "A sink's path is a symbolic link to nothing",
        "Links are followed and kept: the file they lead to receives the key. Where a link leads to nothing keyform cannot tell a wrong link from a file that is to come. Nothing was written.",
        "create the file the link leads to, or remove the link";
    CANNOT_READ "cannot_read", "A sink cannot be read",
        "File sinks are read before they are written, to keep what else is in them, and afterwards, to prove that the key arrived. Nothing was written.",
        "give the user who runs keyform the right to read the file and enter its folders";
    CANNOT_WRITE "cannot_write", "A sink cannot be written",
        "A file is replaced as a whole by a temporary one next to it, so the folder has to be writable, not only the file. The old content is still in place.",
        "give the user who runs keyform the right to write in the folder of the file";
    ANOTHER_OWNER "another_owner", "A sink's file belongs to another user",
        "Files with keys are readable by their owner only. The replaced file would belong to the user who runs keyform, and the application would lose access. The old content is still in place.",
        "run keyform as the owner of the file (or as root, who keeps the owner), or deliver to another place";
    NOT_IGNORED "not_ignored", "A sink's file is not ignored by git",
        "A file inside a git work tree that git does not ignore, or that is tracked already, is one `git add` away from being published. Nothing was written.",
        "add the file to .gitignore (and `git rm --cached` it if it is tracked), or deliver outside of the repository";
    GIT_UNKNOWN "git_unknown", "Nobody can say whether git ignores a sink's file",
        "There is a .git above the file, but git is not installed, does not trust the repository, or fails. keyform does not guess. Nothing was written.",
        "make `git check-ignore` work there, or deliver outside of the repository";
    BUSY "busy", "Another process is writing next to a sink",
        "Writers of one folder take turns, so that none undoes the work of another. This one waited for ten seconds. Nothing was written.",
        "wait for the other run, then run again";
    INVALID_DOCUMENT "invalid_document", "A sink's document cannot be edited",
        "keyform changes one field of an existing JSON or YAML document and keeps the rest. It leaves a document alone that is broken, has duplicate keys, or whose shape it cannot change safely.",
        "correct the document at the named place, or deliver to a file of its own";
    FIELD_UNUSABLE "field_unusable", "A field cannot hold a key",
        "The dotted path of `field` leads through maps to a string, an empty value, or to nothing yet. Numbers, lists, maps, aliases and strings over several lines are not overwritten.",
        "correct `field`, or empty the field in the document";
    SET_TWICE "set_twice", "A dotenv file sets a variable more than once",
        "Some loaders let the first win, some the last, so an application might keep the old key. Nothing was written.",
        "remove all but one of these lines";
    UNWRITABLE_KEY "unwritable_key", "A key's text does not fit the kind of file",
        "The key has characters, such as quotes or line breaks, that not every reader of such a file would give back unchanged. Nothing was written.",
        "deliver to a raw file or a command instead";
    NOT_KEPT "not_kept", "A written key does not read back",
        "Right after the write the sink held something else: another program writes the same file, or the file system does not keep what it is given. The sink may hold the key or not.",
        "find out what else writes this file, then run again";
    NOT_SAFE "not_safe", "A written key may not be safe on disk",
        "The file holds the key, but the system could not promise that it survives a loss of power.",
        "check the disk, then run again";
    NO_PROGRAM "no_program", "The program of a command sink does not exist",
        "A name without a slash is looked up in PATH; any other is relative to the folder of the configuration file. No shell is involved. Nothing was run.",
        "install the program, or correct the first word of `run` or `check`";
    CANNOT_START "cannot_start", "The program of a command sink does not start",
        "The program exists, but the system refused to run it. The key was not handed over.",
        "check that the file is executable and its interpreter installed";
    COMMAND_FAILED "command_failed", "The program of a command sink failed",
        "It received the key and ended with an error, so the place behind it may hold the key or not.",
        "read what the program said, correct the cause, then run again";
    COMMAND_TIMEOUT "command_timeout", "The program of a command sink took too long",
        "It was killed with every process it started. The place behind it may hold the key or not.",
        "find out what it waited for, or raise `timeout`, then run again";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_what_to_do() {
        for (at, code) in CODES.iter().enumerate() {
            assert!(CODES[..at].iter().all(|other| other.id != code.id));
            assert!(!code.help.is_empty() && !code.help.ends_with('.'));
            assert!(code.explanation.ends_with('.'));
        }
    }
}
