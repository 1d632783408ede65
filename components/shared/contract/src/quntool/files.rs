//! Media files (seed 001:92): their paths, and how addresses carry them.

use std::fmt::Write as _;

/// Where media files are. The documents write it in different cases.
pub const ROOT: &str = "/gnapi/files/";

/// Whether a path names a media file.
pub fn is_file(path: &str) -> bool {
    path.get(..ROOT.len()).is_some_and(|start| start.eq_ignore_ascii_case(ROOT))
}

/// Encodes what an address cannot hold, as the names of files do; slashes stay.
pub fn encode(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"/*-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_encoded_and_slashes_stay() {
        assert_eq!(encode("/gnapi/Files/a b+1.txt"), "/gnapi/Files/a%20b%2B1.txt");
        assert_eq!(encode("/汉"), "/%E6%B1%89");
    }

    #[test]
    fn files_are_found_in_any_case() {
        assert!(is_file("/gnapi/Files/2021/a.txt"));
        assert!(!is_file("/gnapi/open/file/upload") && !is_file("/gnapi/fil") && !is_file("/汉字汉字汉字"));
    }
}
