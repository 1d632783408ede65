//! Media files (seed 001:92): their paths, how addresses carry them, and what the rules say of uploaded ones.

use crate::endpoint::Rule;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Where media files are. The documents write it in different cases.
pub const ROOT: &str = "/gnapi/files/";

/// Whether a path names a media file.
pub fn is_file(path: &str) -> bool {
    path.get(..ROOT.len()).is_some_and(|start| start.eq_ignore_ascii_case(ROOT))
}

/// Whether a path names a media file and nothing else: no step upwards, no query, nothing that is decoded once more.
pub fn is_clean(path: &str) -> bool {
    is_file(path)
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && !path.contains(['?', '#', '\\', '%'])
}

/// What the gateway knows of a file that was uploaded through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Its length in bytes.
    pub bytes: u64,
    /// How long it plays at least, in milliseconds, if it is a recording in a format that tells.
    pub milliseconds: Option<u64>,
}

/// Checks a rule about the file itself; the error is the reason, in Chinese. Any other rule passes.
pub fn check(rule: Rule, uploaded: Uploaded) -> Result<(), String> {
    match rule {
        Rule::FileBytes(limit, advice) if uploaded.bytes > limit => {
            Err(format!("文件过大:{} 字节,上限 {limit} 字节,{advice}", uploaded.bytes))
        }
        Rule::FileSeconds(limit) => match uploaded.milliseconds {
            Some(length) if length > limit * 1_000 => {
                Err(format!("播放过长:{length} 毫秒,上限 {limit} 秒,请截短后重新上传"))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Returns the path of a media file that an address names: a path as an upload returned it, or an address with such a
/// path on any host, for the platform's and the gateway's own are equally good; none if it names no media file.
pub fn path_of(address: &str) -> Option<String> {
    if is_file(address) {
        return Some(address.to_owned());
    }
    let (_, rest) = address.split(['?', '#']).next()?.split_once("://")?;
    let path = decode(rest.get(rest.find('/')?..)?);
    is_file(&path).then_some(path)
}

/// What an address holds as it is; everything else is encoded, as the names of files need it.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// Encodes a path as it stands in an address; slashes stay.
pub fn encode(path: &str) -> String {
    utf8_percent_encode(path, &PLAIN).to_string()
}

/// Decodes the path of an address.
pub fn decode(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_encoded_and_slashes_stay() {
        assert_eq!(encode("/gnapi/Files/a b+1.txt"), "/gnapi/Files/a%20b%2B1.txt");
        assert_eq!(encode("/汉"), "/%E6%B1%89");
        assert_eq!(decode("/a%20b%2B1+%E6%B1%89"), "/a b+1+汉");
    }

    #[test]
    fn an_uploaded_file_is_known_by_its_path_or_by_an_address_with_it() {
        let path = Some("/gnapi/Files/1/a b.gif".to_owned());
        assert_eq!(path_of("/gnapi/Files/1/a b.gif"), path);
        assert_eq!(path_of("https://gateway.test/gnapi/Files/1/a%20b.gif?expires=1&signature=x"), path);
        for address in
            ["https://a.test/gnapi/open/x", "https://a.test", "x", "/gnapi/x", "https://a.test/x/gnapi/files/x"]
        {
            assert_eq!(path_of(address), None, "{address}");
        }
    }

    #[test]
    fn a_file_may_be_as_large_and_as_long_as_its_rule_says() {
        let file = |bytes, milliseconds| Uploaded { bytes, milliseconds };
        let size = Rule::FileBytes(10, "改用 /msg/file");
        assert_eq!(check(size, file(10, None)), Ok(()));
        assert_eq!(check(size, file(11, None)).unwrap_err(), "文件过大:11 字节,上限 10 字节,改用 /msg/file");
        let length = Rule::FileSeconds(60);
        for known in [None, Some(60_000)] {
            assert_eq!(check(length, file(11, known)), Ok(()));
        }
        assert!(check(length, file(11, Some(60_001))).unwrap_err().contains("60001 毫秒"));
        assert_eq!(check(Rule::NotEmpty, file(u64::MAX, Some(u64::MAX))), Ok(()));
    }

    #[test]
    fn a_clean_path_leads_to_a_file_only() {
        assert!(is_clean("/gnapi/files/Cache/a b+c..d/视频.mp4"));
        for path in ["/gnapi/files/../open/x", "/gnapi/files/./a", "/gnapi/files/a?b", "/gnapi/files/%2e%2e/x", "/x"] {
            assert!(!is_clean(path), "{path}");
        }
    }

    #[test]
    fn files_are_found_in_any_case() {
        assert!(is_file("/gnapi/Files/2021/a.txt"));
        assert!(!is_file("/gnapi/open/file/upload") && !is_file("/gnapi/fil") && !is_file("/汉字汉字汉字"));
    }
}
