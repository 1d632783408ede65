//! What holds for every text.

use super::checks::stands_alone;
use crate::{Format, join, split};
use proptest::{prelude::*, sample::select};
use unicode_segmentation::UnicodeSegmentation;

/// Words of every kind; none of them may be cut.
fn word() -> impl Strategy<Value = String> {
    let fixed = select(vec![
        "你好",
        "构建",
        "通过",
        "ok",
        "e\u{301}a\u{308}",
        "👨\u{200d}👩\u{200d}👧\u{200d}👦",
        "🇨🇳🇩🇪",
        "👍🏽",
        "。",
        ",",
        "!",
        "1. ",
        "# ",
        "- ",
        "    ",
        "|",
        "\\*",
        "a_b",
        "\r\n",
    ]);
    fixed.prop_map(str::to_owned)
}

/// What must be found whole in some part.
fn whole() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}".prop_map(|path| format!("https://a.test/{path}?q=1&b=(x)")),
        ("[一-龥a-z]{1,6}", "[a-z]{1,12}").prop_map(|(text, path)| format!("[{text}](https://a.test/{path})")),
        "[a-z]{1,9}".prop_map(|name| format!("<@{name}>")),
        "[一-龥]{1,4}".prop_map(|name| format!("@{name} ")),
        "[a-z *一-龥]{1,9}".prop_map(|code| format!("`{code}`")),
        Just("<font color=\"comment\">小字</font>".to_owned()),
        Just("👩🏽\u{200d}💻".to_owned()),
    ]
}

/// Prose, and what of it must stay whole.
fn prose() -> impl Strategy<Value = (String, Vec<String>)> {
    let piece = prop_oneof![
        6 => word().prop_map(|word| (word, None)),
        2 => whole().prop_map(|whole| (format!(" {whole} "), Some(whole))),
        1 => Just((" ".to_owned(), None)),
        1 => Just(("\n".to_owned(), None)),
    ];
    prop::collection::vec(piece, 1..40).prop_map(|pieces| {
        let text = pieces.iter().map(|(text, _)| text.as_str()).collect();
        (text, pieces.into_iter().filter_map(|(_, whole)| whole).collect())
    })
}

fn font() -> impl Strategy<Value = (String, Vec<String>)> {
    ("info|comment|warning", "[一-龥。, \n]{1,60}")
        .prop_map(|(color, text)| (format!("<font color=\"{color}\">{text}</font>"), vec![]))
}

fn fence() -> impl Strategy<Value = (String, Vec<String>)> {
    (select(vec!["```", "~~~", "````"]), "|rust|json", prop::collection::vec("[ -_a-z一-龥]{0,40}", 0..12)).prop_map(
        |(row, language, lines)| {
            let code: String = lines.iter().map(|line| format!("{line}\n")).collect();
            (format!("{row}{language}\n{code}{row}"), vec![])
        },
    )
}

fn table() -> impl Strategy<Value = (String, Vec<String>)> {
    prop::collection::vec(("[一-龥a-z]{1,8}", "[0-9👍]{1,6}"), 1..10).prop_map(|rows| {
        let rows: Vec<String> = rows.iter().map(|(one, two)| format!("| {one} | {two} |")).collect();
        (format!("| 项目 | 结果 |\n|---|--:|\n{}", rows.join("\n")), rows)
    })
}

/// A document, and what of it must stay whole.
fn markdown() -> impl Strategy<Value = (String, Vec<String>)> {
    let block = prop_oneof![4 => prose(), 1 => font(), 1 => fence(), 1 => table()];
    prop::collection::vec(block, 1..8).prop_map(|blocks| {
        let text: Vec<&str> = blocks.iter().map(|(text, _)| text.as_str()).collect();
        (text.join("\n\n"), blocks.iter().flat_map(|(_, whole)| whole.clone()).collect())
    })
}

/// Checks the parts of a text against everything that is promised.
fn check(source: &str, whole: &[String], format: Format, limit: usize) -> Result<(), TestCaseError> {
    let parts = split(source, format, limit).map_err(|refused| TestCaseError::fail(format!("{refused}: {source}")))?;
    let joined = join(&parts, format);
    prop_assert_eq!(joined.as_deref(), Some(source), "{:#?}", parts);
    for part in &parts {
        prop_assert!(part.len() <= limit, "{} bytes: {part}", part.len());
    }
    for whole in whole {
        let whole = whole.trim_end();
        prop_assert!(parts.iter().any(|part| part.contains(whole)), "{whole} is cut: {parts:#?}");
    }
    if parts.len() > 1 && format == Format::Markdown {
        parts.iter().enumerate().for_each(|(index, part)| stands_alone(part, index + 1, parts.len()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn markdown_is_split_into_valid_parts_that_join((source, whole) in markdown(), limit in 150_usize..900) {
        check(&source, &whole, Format::Markdown, limit)?;
    }

    #[test]
    fn text_is_split_into_parts_that_join((source, whole) in prose(), limit in 90_usize..400) {
        let whole: Vec<String> = whole.into_iter().filter(|whole| !whole.starts_with(['[', '`']) && !whole.starts_with("<f")).collect();
        check(&source, &whole, Format::Text, limit)?;
    }

    #[test]
    fn whatever_is_split_joins(source in "[`~|<>@*\\[\\]()\\-: \r\na-c一…\u{301}👍]{0,300}", limit in 40_usize..200) {
        for format in [Format::Text, Format::Markdown] {
            if let Ok(parts) = split(&source, format, limit) {
                prop_assert_eq!(join(&parts, format), Some(source.clone()), "{:#?}", parts);
                prop_assert!(parts.iter().all(|part| part.len() <= limit));
            }
        }
    }

    #[test]
    fn no_grapheme_cluster_is_cut(source in "[一a👍🏽🇨\u{200d}\u{301}\u{fe0f}각ᄀ각\r\n]{0,300}", limit in 60_usize..120) {
        if let Ok(parts) = split(&source, Format::Text, limit) && parts.len() > 1 {
            let bodies: Vec<&str> = parts.iter().map(|part| part.split_once('\n').unwrap().1).collect();
            let apart = bodies.iter().map(|body| body.graphemes(true).count()).sum::<usize>();
            prop_assert_eq!(apart, source.graphemes(true).count(), "{:#?}", parts);
        }
    }
}
