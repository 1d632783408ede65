//! The states of a login's QR code (seed 001:56-68).

/// The state in which the platform waits for a code that the phone shows.
pub const REQUIRE_VERIFY: &str = "QRCODE_REQUIRE_VERIFY";

/// Every state by its number: the platform's name, and what it means, in Chinese.
pub const STATES: [(&str, &str); 11] = [
    ("QRCODE_LOGIN_NEVER", "未扫码"),
    ("QRCODE_LOGIN_ING", "登录中"),
    ("QRCODE_LOGIN_SUCC", "登录成功"),
    ("QRCODE_LOGIN_FAIL", "登录失败"),
    ("QRCODE_LOGIN_REFUSE", "拒绝登录"),
    ("QRCODE_LOGIN_ING_WX", "微信登录中"),
    ("QRCODE_LOGIN_SUCC_WX", "微信登录成功"),
    ("QRCODE_LOGIN_FAIL_WX", "微信登录失败"),
    ("QRCODE_LOGIN_REFUSE_WX", "微信拒绝登录"),
    ("QRCODE_WX_AUTH_OK", "微信授权成功"),
    (REQUIRE_VERIFY, "需要登录验证码"),
];

/// Returns the name of a state; none of a number that the document does not know.
pub fn name(number: i64) -> Option<&'static str> {
    STATES.get(usize::try_from(number).ok()?).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_numbers_of_the_document() {
        assert_eq!(name(0), Some("QRCODE_LOGIN_NEVER"));
        assert_eq!(name(9), Some("QRCODE_WX_AUTH_OK"));
        assert_eq!(name(10), Some(REQUIRE_VERIFY));
        assert_eq!((name(11), name(-1), name(i64::MAX)), (None, None, None));
    }
}
