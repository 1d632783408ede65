//! 万网中台 (seed 000).

use super::{Content, Prepared, maybe, object, some};
use crate::bindings::exports::wecom::gateway::types::{Article, Employees, System};
use serde_json::{Value, json};

/// Puts a message to employees into the platform's terms; none if the content is not for employees.
pub fn prepare(employees: &Employees, content: &Content) -> Option<Prepared> {
    let (path, kind, field, value) = match content {
        Content::AppText(text) => ("/integration/wx_work/sendByWorkIds", "text", "content", json!(text.content)),
        Content::AppTextCard(card) => (
            "/integration/wx_work/sendTextCardByWorkIds",
            "textCard",
            "textCard",
            object([
                ("title", some(card.title.as_str())),
                ("description", some(card.description.as_str())),
                ("url", some(card.url.as_str())),
                ("btntxt", maybe(card.button_text.as_ref())),
            ]),
        ),
        Content::AppFile(file) => ("/integration/wx_work/sendFileByWorkIds", "file", "fileUrl", json!(file.file_url)),
        Content::AppNews(articles) => {
            let articles: Vec<Value> = articles.iter().map(article).collect();
            ("/integration/wx_work/sendImageByWorkIds", "image", "images", articles.into())
        }
        Content::AppMarkdown(text) => {
            ("/integration/wx_work/sendMarkdownByWorkIds", "markdown", "markdown", json!({ "content": text.content }))
        }
        _ => return None,
    };
    let safe = match content {
        Content::AppFile(file) => Some(Value::from(u8::from(file.safe))),
        _ => None,
    };
    Some(Prepared {
        system: System::Wanwang,
        path: path.into(),
        kind: kind.into(),
        account: None,
        company: employees.company_id.clone(),
        recipients: employees.work_ids.clone(),
        body: object([
            ("workIds", some(employees.work_ids.clone())),
            (field, Some(value)),
            ("safe", safe),
            ("companyId", maybe(employees.company_id.as_ref())),
        ]),
        echo: None,
    })
}

fn article(article: &Article) -> Value {
    object([
        ("title", some(article.title.as_str())),
        ("description", maybe(article.description.as_ref())),
        ("picUrl", maybe(article.picture_url.as_ref())),
        ("url", maybe(article.url.as_ref())),
    ])
}
