//! Replies as XML, in the one form that every client parses.
//!
//! Elements are written through a borrowed parent, so that a document cannot be left open,
//! and every text is escaped in one place.

use std::fmt;

use model::error::ErrorCode;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::Api;

/// An open element; it is closed when its closure returns.
pub struct Element<'w>(&'w mut Writer<Vec<u8>>);

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Element(..)")
    }
}

impl Element<'_> {
    /// Writes a child element that contains text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.child(name, |child| {
            child.write(Event::Text(BytesText::new(&legal(text))));
        });
    }

    /// Writes a child element that contains what `content` writes.
    pub fn child(&mut self, name: &str, content: impl FnOnce(&mut Element<'_>)) {
        self.write(Event::Start(BytesStart::new(name)));
        content(&mut Element(self.0));
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// Writes what has been written already.
    fn append(&mut self, result: &ActionResult) {
        self.0.get_mut().extend_from_slice(&result.0);
    }

    fn write(&mut self, event: Event<'_>) {
        // Writing into memory does not fail.
        let _infallible = self.0.write_event(event);
    }
}

/// What an action answers: the contents of its result element.
pub struct ActionResult(Vec<u8>);

impl ActionResult {
    /// The result with this content.
    pub fn new(content: impl FnOnce(&mut Element<'_>)) -> Self {
        let mut writer = Writer::new(Vec::with_capacity(2048));
        content(&mut Element(&mut writer));
        Self(writer.into_inner())
    }
}

/// A result may hold credentials.
impl fmt::Debug for ActionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActionResult(..)")
    }
}

/// A document with the given root element in a namespace.
fn document(namespace: &str, root: &str, content: impl FnOnce(&mut Element<'_>)) -> String {
    let mut writer = Writer::new(Vec::with_capacity(3072));
    let mut out = Element(&mut writer);
    out.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    out.write(Event::Text(BytesText::from_escaped("\n")));
    out.write(Event::Start(
        BytesStart::new(root).with_attributes([("xmlns", namespace)]),
    ));
    content(&mut out);
    out.write(Event::End(BytesEnd::new(root)));
    String::from_utf8(writer.into_inner()).unwrap_or_default()
}

impl Api {
    /// `<{action}Response><{action}Result>…</…><ResponseMetadata>…`.
    pub fn success_document(
        &self,
        action: &str,
        result: &ActionResult,
        request_id: &str,
    ) -> String {
        document(self.namespace, &format!("{action}Response"), |root| {
            root.child(&format!("{action}Result"), |element| element.append(result));
            root.child("ResponseMetadata", |meta| {
                meta.text("RequestId", request_id);
            });
        })
    }

    /// `<ErrorResponse><Error><Type/><Code/><Message/></Error><RequestId/></ErrorResponse>`.
    pub fn error_document(&self, code: ErrorCode, message: &str, request_id: &str) -> String {
        document(self.namespace, "ErrorResponse", |root| {
            root.child("Error", |error| {
                error.text("Type", code.error_type().as_str());
                error.text("Code", code.as_str());
                error.text("Message", message);
            });
            root.text("RequestId", request_id);
        })
    }
}

/// Replaces what XML 1.0 cannot hold, not even escaped (section 2.2, `Char`).
fn legal(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => c,
            _ => char::REPLACEMENT_CHARACTER,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_form_that_clients_parse() {
        insta::assert_snapshot!(
            Api::STS.error_document(ErrorCode::AccessDenied, "no <b>way</b> & \"out\"\u{0}", "id-1"),
            @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no &lt;b&gt;way&lt;/b&gt; &amp; &quot;out&quot;�</Message></Error><RequestId>id-1</RequestId></ErrorResponse>
        "#
        );
    }

    #[test]
    fn empty_elements_are_open_and_closed() {
        let result = ActionResult::new(|result| result.text("Arn", ""));
        let xml = Api::STS.success_document("AssumeRole", &result, "id");
        assert!(
            xml.contains("<AssumeRoleResult><Arn></Arn></AssumeRoleResult>"),
            "{xml}"
        );
    }

    proptest::proptest! {
        #[test]
        fn t59_no_text_escapes_its_element(text in ".*") {
            let xml = document("urn:n", "R", |root| root.text("T", &text));
            let mut reader = quick_xml::Reader::from_str(&xml);
            let mut names = Vec::new();
            loop {
                match reader.read_event().unwrap() {
                    Event::Start(start) => names.push(start.name().as_ref().to_owned()),
                    Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::CData(_) => panic!("{xml}"),
                    Event::Eof => break,
                    _ => {}
                }
            }
            proptest::prop_assert_eq!(names, ["R", "T"]);
        }
    }
}
