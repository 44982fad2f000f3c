import CXML2
import JSON

/// Follows libxml2's reader node by node and counts what it costs.
struct XMLWalk {
    let reader: xmlTextReaderPtr
    let limits: XMLLimits
    private var nodes = 0
    /// Elements that are open, outermost first.
    private var open: [Element] = []

    private struct Element {
        var object: JSONObject
        var children: [JSONValue] = []
        var text = ""

        var value: JSONValue {
            var object = object
            if !children.isEmpty { object["children"] = .array(children) }
            if children.isEmpty || text.contains(where: { !$0.isWhitespace }) { object["text"] = .string(text) }
            return .object(object)
        }
    }

    init(reader: xmlTextReaderPtr, limits: XMLLimits) {
        self.reader = reader
        self.limits = limits
    }

    mutating func document() throws(XMLError) -> JSONValue {
        var root: JSONValue?
        while true {
            let status = xmlTextReaderRead(reader)
            if status == 0 { break }
            guard status == 1 else { throw error(.malformed, "The document is not well-formed XML.") }
            nodes += 1
            guard nodes <= limits.maximumNodes else {
                throw error(.tooManyNodes, "The document has more than \(limits.maximumNodes) nodes.")
            }
            if let closed = try step() { root = closed }
        }
        guard let root else { throw error(.malformed, "The document has no element.") }
        return root
    }

    /// The root element when it was just closed.
    private mutating func step() throws(XMLError) -> JSONValue? {
        switch xmlTextReaderNodeType(reader) {
        case Int32(XML_READER_TYPE_DOCUMENT_TYPE.rawValue):
            throw error(.documentType, "A document type (DTD) is not taken.")
        case Int32(XML_READER_TYPE_ENTITY_REFERENCE.rawValue):
            throw error(.documentType, "An entity is not taken.")
        case Int32(XML_READER_TYPE_ELEMENT.rawValue):
            guard open.count < limits.maximumDepth else {
                throw error(.tooDeep, "Elements are nested deeper than \(limits.maximumDepth).")
            }
            let isEmpty = xmlTextReaderIsEmptyElement(reader) == 1
            open.append(element())
            return isEmpty ? close() : nil
        case Int32(XML_READER_TYPE_END_ELEMENT.rawValue): return close()
        case Int32(XML_READER_TYPE_TEXT.rawValue), Int32(XML_READER_TYPE_CDATA.rawValue),
            Int32(XML_READER_TYPE_SIGNIFICANT_WHITESPACE.rawValue):
            if let text = string(xmlTextReaderConstValue(reader)), !open.isEmpty { open[open.count - 1].text += text }
            return nil
        default: return nil
        }
    }

    private mutating func close() -> JSONValue? {
        guard let closed = open.popLast() else { return nil }
        guard !open.isEmpty else { return closed.value }
        open[open.count - 1].children.append(closed.value)
        return nil
    }

    private func element() -> Element {
        var object: JSONObject = ["name": .string(string(xmlTextReaderConstLocalName(reader)) ?? "")]
        if let namespace = string(xmlTextReaderConstNamespaceUri(reader)) { object["namespace"] = .string(namespace) }
        var attributes: JSONObject = [:]
        while xmlTextReaderMoveToNextAttribute(reader) == 1 {
            guard xmlTextReaderIsNamespaceDecl(reader) != 1, let name = string(xmlTextReaderConstName(reader)) else {
                continue
            }
            attributes[name] = .string(string(xmlTextReaderConstValue(reader)) ?? "")
        }
        xmlTextReaderMoveToElement(reader)
        if !attributes.isEmpty { object["attributes"] = .object(attributes) }
        return Element(object: object)
    }

    private func string(_ pointer: UnsafePointer<xmlChar>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func error(_ kind: XMLError.Kind, _ message: String) -> XMLError {
        XMLError(kind: kind, line: Int(xmlTextReaderGetParserLineNumber(reader)), message: message)
    }
}
