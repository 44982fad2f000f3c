import Crypto
import JSON
package import Primitives

/// A file that somebody attaches to a task, checked: it is what it says it is.
package struct EvidenceFile: Sendable {
    package static let maximumBytes = 10 << 20
    package static let maximumPerTask = 20
    package static let maximumNameCharacters = 200

    package let name: String
    package let mediaType: String
    package let content: [UInt8]
    let digest: [UInt8]

    /// - Throws: `.invalidRequest` with every mistake, `.payloadTooLarge`, `.unsupportedMediaType`.
    package init(name: String, mediaType: String, content: [UInt8]) throws(Problem) {
        guard content.count <= Self.maximumBytes else {
            throw Problem(
                .payloadTooLarge,
                "The file has \(content.count) bytes; a file has \(Self.maximumBytes) (\(Self.maximumBytes >> 20) MiB) at the most."
            )
        }
        var items: [Problem.Item] = []
        if content.isEmpty { items.append(.init(path: "/content", message: "The file is empty.")) }
        // A browser may send a path; only the last name means something to others.
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let isPlain = last.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        if last.isEmpty || last == "." || last == ".." || last.unicodeScalars.count > Self.maximumNameCharacters
            || !isPlain
        {
            items.append(
                .init(path: "/fileName", message: "Must be a name of 1 to \(Self.maximumNameCharacters) characters."))
        }
        guard items.isEmpty else { throw Problem(.invalidRequest, "The file cannot be attached.", items: items) }
        let type = mediaType.split(separator: ";").first.map { $0.trimmingPrefix(" ").lowercased() } ?? ""
        guard let kind = EvidenceMediaType(rawValue: type.replacing(" ", with: "")) else {
            let known = EvidenceMediaType.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.unsupportedMediaType, "Files of this type are not taken. Known are \(known).")
        }
        guard kind.fits(content) else {
            throw Problem(
                .unsupportedMediaType, "The file is not what it says: its content is not \(kind.rawValue).")
        }
        self.name = last
        self.mediaType = kind.rawValue
        self.content = content
        digest = Array(SHA256.hash(data: content))
    }
}

/// What may be attached, by its media type; the content must show it.
enum EvidenceMediaType: String, CaseIterable {
    case pdf = "application/pdf"
    case png = "image/png"
    case jpeg = "image/jpeg"
    case gif = "image/gif"
    case webp = "image/webp"
    case plain = "text/plain"
    case csv = "text/csv"
    case json = "application/json"
    case xml = "application/xml"
    case textXML = "text/xml"
    case zip = "application/zip"
    case word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    case sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    case slides = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    case openText = "application/vnd.oasis.opendocument.text"
    case openSheet = "application/vnd.oasis.opendocument.spreadsheet"

    func fits(_ content: [UInt8]) -> Bool {
        switch self {
        case .pdf: content.starts(with: "%PDF-".utf8)
        case .png: content.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        case .jpeg: content.starts(with: [0xFF, 0xD8, 0xFF])
        case .gif: content.starts(with: "GIF87a".utf8) || content.starts(with: "GIF89a".utf8)
        case .webp: content.starts(with: "RIFF".utf8) && content.dropFirst(8).starts(with: "WEBP".utf8)
        case .zip, .word, .sheet, .slides, .openText, .openSheet:
            content.starts(with: [0x50, 0x4B, 0x03, 0x04]) || content.starts(with: [0x50, 0x4B, 0x05, 0x06])
        case .plain, .csv: Self.isText(content)
        case .json:
            (try? JSONValue(parsing: content, limits: JSONLimits(maximumDepth: 64, rejectDuplicateKeys: false))) != nil
        case .xml, .textXML: Self.isText(content) && Self.begins(content, with: UInt8(ascii: "<"))
        }
    }

    /// UTF-8 without control characters but tab and line ends; a byte-order mark may stand first.
    private static func isText(_ content: [UInt8]) -> Bool {
        let isPlain = content.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return isPlain && String(validating: content, as: UTF8.self) != nil
    }

    private static func begins(_ content: [UInt8], with byte: UInt8) -> Bool {
        let text = content.starts(with: [0xEF, 0xBB, 0xBF]) ? content.dropFirst(3) : content[...]
        return text.first { $0 > 0x20 } == byte
    }
}
