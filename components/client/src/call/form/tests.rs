use super::*;
use proptest::prelude::*;

const MEDIA_TYPE: &str = "multipart/form-data; boundary=x";

fn part(head: &str, content: &[u8]) -> Vec<u8> {
    [format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(), content, b"\r\n"].concat()
}

fn body(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat().as_slice(), b"--x--\r\n"].concat()
}

fn read(body: &[u8], step: usize) -> Form {
    let mut form = Form::new(MEDIA_TYPE).unwrap();
    for chunk in body.chunks(step) {
        form.read(chunk);
        assert!(form.held.len() <= HEAD + step + form.delimiter.len());
    }
    form
}

fn bytes(form: &Form) -> Option<u64> {
    form.uploaded().map(|uploaded| uploaded.bytes)
}

#[test]
fn the_file_is_found_among_other_parts_however_the_form_is_cut() {
    let small = part("name=\"note\"", b"1");
    for parts in [
        vec![part("name=\"file\"; filename=\"a; name=b.txt\"", b"12345")],
        vec![small.clone(), part("filename=\"a.txt\"; name=file", b"12345")],
        vec![part("name=\"FILE\"", b"12345"), small.clone(), part("name=\"file\"", b"1")],
    ] {
        let body = body(&parts);
        for step in [1, 2, 7, body.len()] {
            let form = read(&body, step);
            assert!(form.has_file() && form.is_over());
            assert_eq!(bytes(&form), Some(5), "{step}");
        }
    }
}

#[test]
fn a_form_without_a_file_is_over_and_has_none() {
    let named_otherwise = part("name=\"note\"; filename=\"x; name=file\"", b"name=\"file\"");
    let quoted = part(r#"filename="a\"; name=file; b"; name="files""#, b"");
    for parts in [vec![], vec![named_otherwise], vec![quoted]] {
        let form = read(&body(&parts), 3);
        assert!(form.is_over() && !form.has_file());
    }
}

#[test]
fn half_a_file_is_not_known() {
    let whole = body(&[part("name=\"file\"", b"12345")]);
    let form = read(&whole[..whole.len() - 10], 4);
    assert!(form.has_file() && !form.is_over());
    assert_eq!(bytes(&form), None);
}

#[test]
fn a_head_without_an_end_is_given_up() {
    let form = read(&[b"--x\r\n".as_slice(), &[b'a'; 2 * HEAD]].concat(), 1_000);
    assert!(form.is_over() && !form.has_file());
}

#[test]
fn a_head_that_is_too_long_is_given_up_however_the_form_is_cut() {
    for (length, has_file) in [(HEAD, true), (HEAD + 1, false)] {
        let named = "Content-Disposition: form-data; name=file; filename=";
        let filler = length - "\r\n".len() - named.len() - HEAD_END.len();
        let body = body(&[part(&format!("name=file; filename={}", "a".repeat(filler)), b"12345")]);
        for step in [1, 1_000, body.len()] {
            let form = read(&body, step);
            assert_eq!((form.is_over(), form.has_file()), (true, has_file), "{length} {step}");
        }
    }
}

#[test]
fn a_boundary_may_be_quoted_and_must_be_there() {
    assert_eq!(Form::new("multipart/form-data; charset=utf-8; Boundary=\"a;b\"").unwrap().delimiter, b"\r\n--a;b");
    for media_type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""] {
        assert!(Form::new(media_type).is_none(), "{media_type}");
    }
}

proptest! {
    /// Whatever a file holds, short of its own boundary, is counted to the byte.
    #[test]
    fn a_file_is_as_long_as_its_content(content in "[\r\n\\-xy]{0,60}", step in 1_usize..40) {
        prop_assume!(!format!("\r\n{content}").contains("\r\n--x"));
        let form = read(&body(&[part("name=\"file\"", content.as_bytes())]), step);
        prop_assert_eq!(bytes(&form), Some(content.len() as u64));
    }

    /// Nothing that can be sent makes the reader fail.
    #[test]
    fn any_bytes_are_read(content in proptest::collection::vec(any::<u8>(), 0..200), step in 1_usize..40) {
        read(&content, step);
    }
}
