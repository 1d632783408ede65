//! Each rule, and the names that violations carry.

use super::{Arguments, Names, Violation};
use crate::{
    catalog,
    endpoint::{Kind, Parameter, Rule, System},
    kdocs, wanwang,
};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

fn refusal(table: &[Parameter], names: Names, given: Value) -> Violation {
    Arguments::check(table, object(given), names).expect_err("the rule was not checked")
}

const TEXT: &[Parameter] = wanwang::ENDPOINTS[0].parameters;

fn chat() -> &'static [Parameter] {
    catalog::message(System::Quntool, "text").unwrap().parameters
}

#[test]
fn takes_the_sample_of_the_document_and_keeps_what_it_does_not_name() {
    let given = json!({"workIds": ["ww0517"], "content": "这是一条测试消息", "companyId": "corp001", "trace": 7});
    let arguments = Arguments::check(TEXT, object(given), Names::Exact).unwrap();
    assert_eq!(arguments.texts("workIds"), ["ww0517"]);
    assert_eq!(arguments.text("content"), "这是一条测试消息");
    assert_eq!(arguments.optional_text("companyId").as_deref(), Some("corp001"));
    assert_eq!(arguments.extra_json().as_deref(), Some(r#"{"trace":7}"#));
}

#[test]
fn names_come_in_any_case_where_the_platform_says_so() {
    let given = json!({"WXID": "1", "ConversationID": "S:1_2", "Content": "hi"});
    let arguments = Arguments::check(chat(), object(given.clone()), Names::AnyCase).unwrap();
    assert_eq!(arguments.text("wxId"), "1");
    assert!(arguments.extra.is_empty());
    assert_eq!(refusal(chat(), Names::Exact, given).field, "wxId");
}

#[test]
fn a_name_that_comes_twice_in_different_cases_is_refused() {
    let given = json!({"wxId": "1", "WxId": "2", "conversationId": "S:1_2", "content": "hi"});
    assert_eq!(refusal(chat(), Names::AnyCase, given).field, "wxId");
}

#[test]
fn absent_null_empty_mistyped_and_over_long_parameters_are_named() {
    let whole = json!({"workIds": ["ww0517"], "content": "hi"});
    let cases = [
        ("content", json!(null)),
        ("content", json!("")),
        ("content", json!(7)),
        ("content", json!("汉".repeat(683))),
        ("workIds", json!(null)),
        ("workIds", json!([])),
        ("workIds", json!([""])),
        ("workIds", json!([7])),
        ("workIds", json!("ww0517")),
        ("workIds", json!(vec!["a"; 10_001])),
        ("companyId", json!("c".repeat(65))),
    ];
    for (field, value) in cases {
        let mut given = object(whole.clone());
        given.insert(field.into(), value.clone());
        assert_eq!(refusal(TEXT, Names::Exact, Value::Object(given)).field, field, "{value}");
    }
}

#[test]
fn lengths_are_bytes_of_utf8() {
    let content = "汉".repeat(682);
    assert_eq!(content.len(), 2_046);
    let arguments = Arguments::check(TEXT, object(json!({"workIds": ["a"], "content": content})), Names::Exact);
    assert!(arguments.is_ok());
    let violation = refusal(TEXT, Names::Exact, json!({"workIds": ["a"], "content": "汉".repeat(683)}));
    assert_eq!(violation.to_string(), "参数 content 过长:2049 字节,上限 2048 字节(UTF-8)");
}

#[test]
fn fields_inside_of_others_are_named_by_their_path() {
    const ARTICLE: &[Parameter] = &[Parameter::required("title", Kind::Text, &[Rule::NotBlank], "")];
    const TABLE: &[Parameter] = &[
        Parameter::required("card", Kind::Object(ARTICLE), &[], ""),
        Parameter::required("articles", Kind::ObjectList(ARTICLE), &[Rule::Count(1, 8)], ""),
    ];
    let good = json!({"title": "t"});
    assert_eq!(refusal(TABLE, Names::Exact, json!({"card": {}, "articles": [good]})).field, "card.title");
    let given = json!({"card": good, "articles": [good, {"title": " "}]});
    assert_eq!(refusal(TABLE, Names::Exact, given).field, "articles[1].title");
    assert_eq!(refusal(TABLE, Names::Exact, json!({"card": good, "articles": [1]})).field, "articles");
}

#[test]
fn the_list_of_robot_messages_holds_one_to_twenty_objects() {
    let table = kdocs::ENDPOINTS[0].parameters;
    for data in [json!([]), json!(["text"]), json!({}), json!(vec![json!({}); 21])] {
        assert_eq!(refusal(table, Names::Exact, json!({"link": "x", "data": data})).field, "data");
    }
}

#[test]
fn addresses_need_a_scheme_and_hold_no_space() {
    const TABLE: &[Parameter] = &[Parameter::required("url", Kind::Text, &[Rule::Http], "")];
    for url in ["example.com", "ftp://a", "http://", "https://a b", "http://a\n"] {
        assert_eq!(refusal(TABLE, Names::Exact, json!({"url": url})).field, "url", "{url}");
    }
    assert!(Arguments::check(TABLE, object(json!({"url": "https://a/b?c"})), Names::Exact).is_ok());
}

#[test]
fn an_optional_text_may_be_empty() {
    const TABLE: &[Parameter] = &[Parameter::optional("url", Kind::Text, &[Rule::Http], "")];
    for url in [json!(null), json!("")] {
        assert!(Arguments::check(TABLE, object(json!({"url": url})), Names::Exact).is_ok(), "{url}");
    }
    assert_eq!(refusal(TABLE, Names::Exact, json!({"url": "x"})).field, "url");
}

#[test]
fn the_id_of_a_saved_card_is_a_number_or_its_digits() {
    let table = catalog::message(System::Quntool, "savedMiniProgram").unwrap().parameters;
    let given = |id: Value| json!({"wxId": "1", "conversationId": "S:1_2", "miniProgramId": id});
    for id in [json!(7), json!("7")] {
        let arguments = Arguments::check(table, object(given(id)), Names::AnyCase).unwrap();
        assert_eq!(arguments.documented["miniProgramId"], 7);
    }
    for id in [json!("x"), json!(""), json!(-1), json!(7.5), json!(true), json!("9223372036854775808")] {
        assert_eq!(refusal(table, Names::AnyCase, given(id.clone())).field, "miniProgramId", "{id}");
    }
}

#[test]
fn what_is_handed_on_has_documented_names_and_the_rest() {
    let given = json!({"WXID": "1", "ConversationID": "S:1_2", "content": "hi", "trace": 7});
    let arguments = Arguments::check(chat(), object(given), Names::AnyCase).unwrap();
    let merged = Value::Object(arguments.merged());
    assert_eq!(merged, json!({"wxId": "1", "conversationId": "S:1_2", "content": "hi", "trace": 7}));
}
