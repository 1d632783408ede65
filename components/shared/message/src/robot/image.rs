//! Pictures: what their bytes are, against what the message says of them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use caller::types::RobotImage;
use contract::{
    Violation,
    kdocs::robot::{IMAGE_BYTES, IMAGE_STARTS},
};
use md5::{Digest, Md5};

/// Checks that a picture is a PNG or JPEG of at most 2 MiB and has this MD5.
pub fn check(image: &RobotImage) -> Result<(), Violation> {
    let violation = |field: &str, reason: String| Err(Violation { field: field.into(), reason });
    let Ok(bytes) = BASE64_STANDARD.decode(&image.base64) else {
        return violation("base64", "不是合法的 base64".into());
    };
    if bytes.len() > IMAGE_BYTES {
        return violation("base64", format!("图片过大:{} 字节,上限 {IMAGE_BYTES} 字节", bytes.len()));
    }
    if !IMAGE_STARTS.iter().any(|start| bytes.starts_with(start)) {
        return violation("base64", "不是 JPG 或 PNG 图片".into());
    }
    let digest = Md5::digest(&bytes);
    if !hex::decode(&image.md5).is_ok_and(|given| given == *digest) {
        return violation("md5", "与图片内容不符,应为编码前内容的 md5(32 个十六进制字符)".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::samples::robot::fields;

    fn image(bytes: &[u8]) -> RobotImage {
        let digest = Md5::digest(bytes);
        let md5 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        RobotImage { base64: BASE64_STANDARD.encode(bytes), md5 }
    }

    fn field(image: &RobotImage) -> String {
        check(image).unwrap_err().field
    }

    #[test]
    fn takes_png_and_jpeg_up_to_the_limit_with_their_md5_in_either_case() {
        let mut largest = b"\xff\xd8\xff\xe0".to_vec();
        largest.resize(IMAGE_BYTES, 0);
        assert_eq!(check(&image(&largest)), Ok(()));
        let sample = fields("image");
        let text = |name: &str| sample[name].as_str().unwrap().to_owned();
        let mut image = RobotImage { base64: text("base64"), md5: text("md5") };
        assert_eq!(check(&image), Ok(()));
        image.md5 = image.md5.to_uppercase();
        assert_eq!(check(&image), Ok(()));
    }

    #[test]
    fn refuses_other_bytes_other_digests_and_what_is_too_large() {
        assert_eq!(field(&image(b"GIF89a")), "base64");
        assert_eq!(field(&image(b"")), "base64");
        let mut large = b"\xff\xd8\xff\xe0".to_vec();
        large.resize(IMAGE_BYTES + 1, 0);
        assert_eq!(field(&image(&large)), "base64");
        let mut good = image(b"\xff\xd8\xff\xe0");
        good.md5 = "0".repeat(32);
        assert_eq!(field(&good), "md5");
        good.md5 = "x".into();
        assert_eq!(field(&good), "md5");
        good.base64 = "not base64".into();
        assert_eq!(field(&good), "base64");
    }
}
