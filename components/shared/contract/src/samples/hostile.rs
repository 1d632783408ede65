//! Links that must lead nowhere: what tests of every kind walk through.

/// Links that lead to another host than WeCom's, or to another port or scheme, in every disguise. `{host}` stands for
/// the authority of a server that listens on this machine, and `{port}` for its port.
pub const ELSEWHERE: &[&str] = &[
    // Plainly another host.
    "http://{host}/cgi-bin/webhook/send?key=xxx",
    "https://{host}/cgi-bin/webhook/send?key=xxx",
    "http://localhost:{port}/cgi-bin/webhook/send?key=xxx",
    "https://evil.example/cgi-bin/webhook/send?key=xxx",
    "http://169.254.169.254/cgi-bin/webhook/send?key=xxx",
    "https://10.0.0.1/cgi-bin/webhook/send?key=xxx",
    "http://192.168.0.1/cgi-bin/webhook/send?key=xxx",
    "http://[fd00::1]/cgi-bin/webhook/send?key=xxx",
    "http://metadata.google.internal/cgi-bin/webhook/send?key=xxx",
    "https://evil.example:443/cgi-bin/webhook/send?key=xxx",
    // The same machine, written otherwise.
    "http://2130706433:{port}/cgi-bin/webhook/send?key=xxx",
    "http://0x7f000001:{port}/cgi-bin/webhook/send?key=xxx",
    "http://0x7f.0.0.1:{port}/cgi-bin/webhook/send?key=xxx",
    "http://0177.0.0.1:{port}/cgi-bin/webhook/send?key=xxx",
    "http://017700000001:{port}/cgi-bin/webhook/send?key=xxx",
    "http://127.0.1:{port}/cgi-bin/webhook/send?key=xxx",
    "http://127.1:{port}/cgi-bin/webhook/send?key=xxx",
    "http://127.0.0.1.:{port}/cgi-bin/webhook/send?key=xxx",
    "http://127.0.0.2:{port}/cgi-bin/webhook/send?key=xxx",
    "http://0.0.0.0:{port}/cgi-bin/webhook/send?key=xxx",
    "http://[::1]:{port}/cgi-bin/webhook/send?key=xxx",
    "http://[::ffff:127.0.0.1]:{port}/cgi-bin/webhook/send?key=xxx",
    "http://[::ffff:7f00:1]:{port}/cgi-bin/webhook/send?key=xxx",
    "http://LOCALHOST:{port}/cgi-bin/webhook/send?key=xxx",
    "http://localhost.:{port}/cgi-bin/webhook/send?key=xxx",
    "http://127.0.0.1.nip.io:{port}/cgi-bin/webhook/send?key=xxx",
    // User information.
    "https://qyapi.weixin.qq.com@{host}/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com:443@{host}/cgi-bin/webhook/send?key=xxx",
    "http://qyapi.weixin.qq.com:pass@{host}/cgi-bin/webhook/send?key=xxx",
    "http://qyapi.weixin.qq.com%40{host}/cgi-bin/webhook/send?key=xxx",
    "http://user@{host}/cgi-bin/webhook/send?key=xxx",
    "http://@{host}/cgi-bin/webhook/send?key=xxx",
    // A name that begins or ends like the right one.
    "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com.{host}/cgi-bin/webhook/send?key=xxx",
    "https://api.qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://evil.example/qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://evilqyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.co/cgi-bin/webhook/send?key=xxx",
    "https://qyapi-weixin-qq.com/cgi-bin/webhook/send?key=xxx",
    "https://weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com%2eevil.example/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com%00.evil.example/cgi-bin/webhook/send?key=xxx",
    "https://{host}%2f@qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=xxx",
    // Letters that look alike, or become the same.
    "https://qyapi.weixin.qq.c\u{43e}m/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.we\u{131}xin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://qyapi\u{3002}weixin\u{3002}qq\u{3002}com/cgi-bin/webhook/send?key=xxx",
    "https://\u{ff51}yapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "http://\u{2460}\u{2461}\u{2466}.0.0.1:{port}/cgi-bin/webhook/send?key=xxx",
    "https://xn--qyapi-weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    // What some parsers take for a slash, and others for a part of the host.
    "https://qyapi.weixin.qq.com\\@{host}/cgi-bin/webhook/send?key=xxx",
    "http:\\\\{host}\\cgi-bin\\webhook\\send?key=xxx",
    "http:/{host}/cgi-bin/webhook/send?key=xxx",
    "http:///{host}/cgi-bin/webhook/send?key=xxx",
    "//{host}/cgi-bin/webhook/send?key=xxx",
    "http://{host}#@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "http://{host}?@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "http://{host};qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    // Another scheme or port.
    "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com:444/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com:80/cgi-bin/webhook/send?key=xxx",
    "ws://{host}/cgi-bin/webhook/send?key=xxx",
    "ftp://{host}/cgi-bin/webhook/send?key=xxx",
    "file:///cgi-bin/webhook/send?key=xxx",
    "gopher://{host}/cgi-bin/webhook/send?key=xxx",
    "javascript://{host}/cgi-bin/webhook/send?key=xxx",
    "data:text/plain,/cgi-bin/webhook/send?key=xxx",
    "redis://{host}/cgi-bin/webhook/send?key=xxx",
    // White space and line ends, which some clients take away and others pass on.
    " http://{host}/cgi-bin/webhook/send?key=xxx",
    "\thttp://{host}/cgi-bin/webhook/send?key=xxx",
    "http://{host}\r\n/cgi-bin/webhook/send?key=xxx",
    "http://{host}/cgi-bin/webhook/send?key=xxx HTTP/1.1\r\nX-Evil: 1\r\n\r\n",
    "http://{host}\t/cgi-bin/webhook/send?key=xxx",
    "http://{host}\u{0}/cgi-bin/webhook/send?key=xxx",
];

/// Links to the right host that do not lead to exactly one robot's group.
pub const ELSEWHERE_ON_THE_HOST: &[&str] = &[
    "https://qyapi.weixin.qq.com",
    "https://qyapi.weixin.qq.com/",
    "https://qyapi.weixin.qq.com:443/cgi-bin/webhook/send?key=xxx",
    "HTTPS://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://QYAPI.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com./cgi-bin/webhook/send?key=xxx",
    "https://user:pass@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com//cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin//webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send/?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/./send?key=xxx",
    "https://qyapi.weixin.qq.com/x/../cgi-bin/webhook/send?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send/../upload_media?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook%2fsend?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/%73end?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send;x?key=xxx",
    "https://qyapi.weixin.qq.com\\cgi-bin\\webhook\\send?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?KEY=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx&key=yyy",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx&debug=1",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx;debug=1",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx#fragment",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send#?key=xxx",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x%78x",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx%0d%0aX-Evil:1",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx\r\nX-Evil: 1",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx\n",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx ",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=../../x",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=\u{6c49}",
    "robot:",
    "robot:ops@evil.example",
    "ROBOT:ops",
    "robot://ops",
];

/// Returns every link, with the authority (host and port) of a server that listens on this machine in its place.
pub fn links(authority: &str) -> Vec<String> {
    ELSEWHERE.iter().chain(ELSEWHERE_ON_THE_HOST).map(|link| at(link, authority)).collect()
}

/// Puts the authority of a server that listens on this machine into a link.
pub fn at(link: &str, authority: &str) -> String {
    let port = authority.rsplit(':').next().unwrap_or_default();
    link.replace("{host}", authority).replace("{port}", port)
}
