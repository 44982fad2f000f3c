import CXML2
package import JSON

/// What an XML document may cost its reader.
package struct XMLLimits: Sendable {
    package var maximumBytes = 8 << 20
    package var maximumDepth = 128
    package var maximumNodes = 200_000
    package init() {}
}

package struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable { case tooLarge, tooDeep, tooManyNodes, documentType, malformed }
    package var kind: Kind
    package var line: Int
    package var message: String
    package var description: String { line > 0 ? "line \(line): \(message)" : message }
}

/// Reads XML of a plant's systems (B2MML, SOAP, UBL …) into JSON: an element becomes an object with `name`, `namespace`,
/// `attributes`, `children` and `text`. There is no network, no entity and no document type, whatever the input asks for.
package enum XMLReader {
    package static func read(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) -> JSONValue {
        guard bytes.count <= limits.maximumBytes else {
            throw XMLError(
                kind: .tooLarge, line: 0, message: "The document is larger than \(limits.maximumBytes) bytes.")
        }
        xmlInitParser()
        let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
        let reader = bytes.withUnsafeBytes {
            xmlReaderForMemory($0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), nil, nil, options)
        }
        guard let reader else { throw XMLError(kind: .malformed, line: 0, message: "The document is empty.") }
        defer { xmlFreeTextReader(reader) }
        var walk = XMLWalk(reader: reader, limits: limits)
        return try walk.document()
    }
}
