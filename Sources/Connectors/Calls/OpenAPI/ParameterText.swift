import JSON

/// How the value of a parameter is written (OpenAPI 3.1, Style Values; Swagger 2.0, `collectionFormat`).
struct ParameterText {
    let parameter: OpenAPIParameter
    private let value: Value

    private enum Value {
        case scalar(String)
        case list([String])
        case members([(name: String, value: String)])
    }

    init(_ parameter: OpenAPIParameter, _ value: JSONValue) throws(CallFailure) {
        self.parameter = parameter
        self.value = parameter.isJSON ? .scalar(value.serialized()) : try Self.read(value, parameter.name)
    }

    private static func read(_ value: JSONValue, _ name: String) throws(CallFailure) -> Value {
        if let text = value.plainText { return .scalar(text) }
        if value.arrayValue != nil { return .list(try CallArguments.pairs([name: value], "parameters").map(\.value)) }
        var members: [(name: String, value: String)] = []
        for (key, member) in value.objectValue ?? [:] where !member.isNull {
            guard let text = member.plainText else {
                throw CallFailure(
                    .invalidArguments, "`parameters.\(name).\(key)` must be a text, a number or a boolean")
            }
            members.append((key, text))
        }
        return .members(members)
    }

    /// Encoded parts of a query or a form: `name=value`.
    func query() -> [String] {
        pairs().map { PercentEncoding.component($0.name) + "=" + $0.value }
    }

    /// Names with values that are encoded, but for what parts the elements of one value.
    private func pairs() -> [(name: String, value: String)] {
        let name = parameter.name
        switch value {
        case .scalar(let text): return [(name, encoded(text))]
        case .list(let texts):
            if texts.isEmpty { return [] }
            if parameter.isExploded { return texts.map { (name, encoded($0)) } }
            return [(name, texts.map(encoded).joined(separator: separator))]
        case .members(let members):
            if members.isEmpty { return [] }
            if parameter.style == .deepObject { return members.map { ("\(name)[\($0.name)]", encoded($0.value)) } }
            if parameter.isExploded { return members.map { ($0.name, encoded($0.value)) } }
            return [
                (name, members.map { encoded($0.name) + separator + encoded($0.value) }.joined(separator: separator))
            ]
        }
    }

    /// What takes the place of `{name}` in a path. It can neither leave the path nor add a query.
    func path() throws(CallFailure) -> String {
        let text = expanded(encoded)
        guard !text.isEmpty, text != ".", text != ".." else {
            throw CallFailure(
                .invalidArguments, "`parameters.\(parameter.name)` must not be empty, for it is a part of the path")
        }
        return text
    }

    func header() throws(CallFailure) -> String {
        let text = expanded { $0 }
        guard HeaderRules.isValue(text) else {
            throw CallFailure(
                .invalidArguments, "`parameters.\(parameter.name)` has characters that a header must not have")
        }
        return text
    }

    /// For a body, which has its own encoding.
    func form() -> JSONValue {
        switch value {
        case .scalar(let text): .string(text)
        case .list(let texts) where parameter.isExploded: .array(texts.map { .string($0) })
        case .list(let texts): .string(texts.joined(separator: plainSeparator))
        case .members(let members):
            .string(
                JSONValue.object(JSONObject(uniqueKeysWithValues: members.map { ($0.name, .string($0.value)) }))
                    .serialized())
        }
    }

    private func expanded(_ encode: (String) -> String) -> String {
        let name = encode(parameter.name)
        let (prefix, between): (String, String) =
            switch parameter.style {
            case .label: (".", parameter.isExploded ? "." : ",")
            case .matrix: (";", parameter.isExploded ? ";" : ",")
            default: ("", ",")
            }
        // `;name=` comes before each element, or once before all.
        let each = parameter.style == .matrix && parameter.isExploded ? name + "=" : ""
        let once = parameter.style == .matrix && !parameter.isExploded ? name + "=" : ""
        switch value {
        case .scalar(let text): return parameter.style == .matrix ? ";\(name)=\(encode(text))" : prefix + encode(text)
        case .list(let texts):
            return prefix + once + texts.map { each + encode($0) }.joined(separator: between)
        case .members(let members):
            let inner = parameter.isExploded ? "=" : between
            return prefix + once + members.map { encode($0.name) + inner + encode($0.value) }.joined(separator: between)
        }
    }

    private func encoded(_ text: String) -> String { PercentEncoding.component(text) }

    private var separator: String {
        parameter.style == .form || parameter.style == .simple ? "," : PercentEncoding.component(plainSeparator)
    }

    private var plainSeparator: String {
        switch parameter.style {
        case .spaceDelimited: " "
        case .pipeDelimited: "|"
        case .tabDelimited: "\t"
        default: ","
        }
    }
}
