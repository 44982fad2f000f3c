package import Mustache
import Primitives

/// How Mustache writes values into a page. Its own HTML type escapes by character and lets a `<` or a quote through that
/// stands beside a combining mark, so every page begins with `{{% CONTENT_TYPE:PAGE}}`.
package struct PageContent: MustacheContentType {
    package func escapeText(_ text: String) -> String { text.htmlEscaped }

    /// A template of a page.
    ///
    /// - Throws: for a text that is no template.
    package static func template(_ text: String) throws -> MustacheTemplate {
        MustacheContentTypes.register(PageContent(), named: "PAGE")
        return try MustacheTemplate(string: "{{% CONTENT_TYPE:PAGE}}" + text)
    }
}
