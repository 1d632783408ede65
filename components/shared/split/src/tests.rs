//! Examples of each construct; what holds for every text stands in `properties`.

mod checks;
mod properties;

use crate::{Format, join, split};

fn parts(source: &str, format: Format, limit: usize) -> Vec<String> {
    let parts = split(source, format, limit).unwrap();
    assert_eq!(join(&parts, format).as_deref(), Some(source), "{parts:#?}");
    parts
}

#[test]
fn what_fits_stays_as_it_is() {
    assert_eq!(parts("你好", Format::Text, 6), ["你好"]);
    assert_eq!(parts("", Format::Text, 0), [""]);
    assert_eq!(parts("(1/2)\nx", Format::Markdown, 9), ["(1/2)\nx"]);
}

#[test]
fn sentences_stay_together_where_they_can() {
    let source = "今天的构建全部通过。明天发布新的版本。";
    assert_eq!(parts(source, Format::Text, 45), ["(1/2)\n今天的构建全部通过。", "(2/2)\n明天发布新的版本。"]);
}

#[test]
fn a_fence_is_closed_and_opened_again_with_its_language() {
    let source = "日志:\n```rust\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```\n完毕\n";
    assert_eq!(
        parts(source, Format::Markdown, 58),
        ["(1/2)\n\n日志:\n```rust\nlet a = 1;\nlet b = 2;\n```", "(2/2)…\n\n```rust\nlet c = 3;\n```\n完毕\n",]
    );
}

#[test]
fn a_line_of_code_is_cut_only_if_no_part_holds_it() {
    let source = format!("~~~\n{}\n~~~\n", "0".repeat(60));
    let split = parts(&source, Format::Markdown, 50);
    assert_eq!(split[1], format!("(2/2)……\n\n~~~\n{}\n~~~\n", "0".repeat(60 - 35)));
}

#[test]
fn a_font_is_closed_and_opened_again() {
    let source = r#"<font color="info">一二三四五六七八九十。一二三四五六七八九十</font>"#;
    assert_eq!(
        parts(source, Format::Markdown, 70),
        [
            "(1/2)\n\n<font color=\"info\">一二三四五六七八九十。</font>",
            "(2/2)…\n\n<font color=\"info\">一二三四五六七八九十</font>",
        ]
    );
}

#[test]
fn a_short_font_stays_whole() {
    let source = r#"一二三四五六七,<font color="info">小字</font>八九十"#;
    assert_eq!(
        parts(source, Format::Markdown, 60),
        ["(1/2)\n\n一二三四五六七,", "(2/2)\n\n<font color=\"info\">小字</font>八九十"]
    );
}

#[test]
fn a_table_has_its_head_in_every_part_and_its_rows_whole() {
    let source = "| 项目 | 结果 |\n|---|:-:|\n| 构建 | 通过 |\n| 测试 | 失败 |\n| 发布 | 未开始 |\n";
    assert_eq!(
        parts(source, Format::Markdown, 65),
        [
            "(1/3)\n\n| 项目 | 结果 |\n|---|:-:|\n| 构建 | 通过 |\n",
            "(2/3)…\n\n| 项目 | 结果 |\n|---|:-:|\n| 测试 | 失败 |\n",
            "(3/3)…\n\n| 项目 | 结果 |\n|---|:-:|\n| 发布 | 未开始 |\n",
        ]
    );
}

#[test]
fn what_must_not_be_cut_and_does_not_fit_is_refused_with_its_place() {
    let link = format!("[日志](https://a.test/{})", "x".repeat(5_000));
    for (source, format) in [
        (format!("见 {link}"), Format::Markdown),
        (format!("见 https://a.test/{}", "x".repeat(5_000)), Format::Text),
        (format!("见 `{}`", "x".repeat(5_000)), Format::Markdown),
        (format!("见 <{}>", "x".repeat(5_000)), Format::Markdown),
    ] {
        let refused = split(&source, format, 4_096).unwrap_err();
        assert_eq!((refused.at, refused.room > 4_000), (4, true), "{format:?}");
    }
    let row = format!("|a|\n|-|\n|{}|\n", "x".repeat(5_000));
    assert!(split(&row, Format::Markdown, 4_096).is_err());
}

#[test]
fn a_limit_without_room_is_refused() {
    for limit in 0..9 {
        assert!(split("一二三四五六七八九十", Format::Text, limit).is_err(), "{limit}");
    }
}

#[test]
fn parts_that_are_not_all_of_one_text_do_not_join() {
    let split = split(&"一二三。".repeat(20), Format::Text, 60).unwrap();
    let reversed: Vec<&String> = split.iter().rev().collect();
    assert_eq!(join(&reversed, Format::Text), None);
    assert_eq!(join(&split[1..], Format::Text), None);
}

#[test]
fn a_text_of_nothing_but_beginnings_takes_no_longer_than_another() {
    let begun = std::time::Instant::now();
    for piece in
        ["[", "](", "`", "``a`", "<a ", "<font c>", "**", "@", "https://", "|a\n", "\\", "<", "1", "```\n~~~\n"]
    {
        let source = piece.repeat(200_000 / piece.len());
        let _ = split(&source, Format::Markdown, 4_096);
        let _ = split(&source, Format::Text, 2_048);
    }
    assert!(begun.elapsed().as_secs() < 60);
}
