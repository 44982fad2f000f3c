import JSON

/// The body of a request with its type, made of an argument.
struct RequestBody {
    var bytes: [UInt8]
    /// `nil` when the caller's own header stands.
    var contentType: String?

    /// An object as JSON or, where the type says so, as a form; a text with a type as it is; anything else as JSON.
    ///
    /// - Parameters:
    ///   - contentType: the header that the definition gives.
    ///   - boundaryKey: what makes the boundary of a multipart body, the same for every try.
    init?(_ value: JSONValue?, contentType: String?, boundaryKey: String) throws(CallFailure) {
        guard let value, !value.isNull else { return nil }
        let type = contentType.map(MediaType.init)
        if let text = value.stringValue, type != nil {
            bytes = Array(text.utf8)
        } else if type?.name == MediaType.form, let object = value.objectValue {
            bytes = Array(Self.form(try CallArguments.pairs(object, "body")).utf8)
        } else if type?.name == MediaType.multipart, let object = value.objectValue {
            let boundary = "part-" + Digests.sha256(boundaryKey).prefix(32)
            bytes = Self.multipart(try CallArguments.pairs(object, "body"), boundary)
            self.contentType = "\(MediaType.multipart); boundary=\(boundary)"
        } else {
            bytes = value.serializedBytes()
            if type == nil { self.contentType = "application/json" }
        }
    }

    static func form(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { PercentEncoding.form($0.name) + "=" + PercentEncoding.form($0.value) }.joined(separator: "&")
    }

    /// RFC 7578. The boundary is a digest that no value has by chance.
    private static func multipart(_ pairs: [(name: String, value: String)], _ boundary: String) -> [UInt8] {
        var text = ""
        for (name, value) in pairs {
            let quoted = name.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(quoted)\"\r\n\r\n\(value)\r\n"
        }
        return Array((text + "--\(boundary)--\r\n").utf8)
    }
}

/// A media type without its parameters, in lower case.
struct MediaType: Hashable {
    static let form = "application/x-www-form-urlencoded"
    static let multipart = "multipart/form-data"

    var name: String

    init(_ header: String) {
        name = header.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    }

    var isJSON: Bool { name == "application/json" || name == "text/json" || name.hasSuffix("+json") }

    var isYAML: Bool {
        ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"].contains(name) || name.hasSuffix("+yaml")
    }
}
