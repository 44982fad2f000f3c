import JSON
import Testing
import XML

@Suite("XML of a plant's systems")
struct XMLReaderTests {
    private func read(_ text: String, _ limits: XMLLimits = XMLLimits()) throws(XMLError) -> JSONValue {
        try XMLReader.read(Array(text.utf8), limits: limits)
    }

    @Test("an external entity is refused and nothing is fetched")
    func externalEntity() {
        let text = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"
        #expect { try read(text) } throws: { ($0 as? XMLError)?.kind == .documentType }
    }

    @Test("a billion laughs is refused at its document type")
    func entityExpansion() {
        let text = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>"
        #expect { try read(text) } throws: { ($0 as? XMLError)?.kind == .documentType }
    }

    @Test("depth, size and the number of nodes are bounded")
    func bounds() {
        let deep = String(repeating: "<a>", count: 5000)
        #expect { try read(deep) } throws: { ($0 as? XMLError)?.kind == .tooDeep }
        var limits = XMLLimits()
        limits.maximumBytes = 10
        #expect { try read("<a>0123456789</a>", limits) } throws: { ($0 as? XMLError)?.kind == .tooLarge }
        limits = XMLLimits()
        limits.maximumNodes = 10
        let wide = "<a>" + String(repeating: "<b/>", count: 20) + "</a>"
        #expect { try read(wide, limits) } throws: { ($0 as? XMLError)?.kind == .tooManyNodes }
    }

    @Test("a broken document is an error with its line", arguments: ["", "<a>", "<a>\n</b>", "text", "<a/><b/>"])
    func malformed(text: String) {
        #expect { try read(text) } throws: { ($0 as? XMLError)?.kind == .malformed }
    }

    @Test("elements, attributes, namespaces, text and CDATA are read")
    func content() throws {
        let value = try read(
            "<w:Order xmlns:w=\"urn:x\" id=\"7\"><w:Text>a &amp; b<![CDATA[ <c>]]></w:Text><e/></w:Order>")
        #expect(value["name"] == "Order")
        #expect(value["namespace"] == "urn:x")
        #expect(value["attributes"]?["id"] == "7")
        #expect(value["children"]?[0]?["text"] == "a & b <c>")
        #expect(value["children"]?[1]?["name"] == "e")
    }
}
