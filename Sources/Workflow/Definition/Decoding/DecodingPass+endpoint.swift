import JSON

/// Endpoints and authentication policies.
extension DecodingPass {
    /// A URI template, an expression, or `{uri, authentication?}`.
    func endpoint(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate {
        switch value {
        case .string(let text): return uri(text, scope, at: path)
        case .object:
            guard let fields = fields(value, "endpoint", allowed: ["uri", "authentication"], at: path) else {
                return .constant(.null)
            }
            var members: [ValueTemplate.Member] = []
            if let text = string(fields, "uri", "endpoint", isRequired: true) {
                members.append(.init(key: "uri", value: uri(text, scope, at: fields.path("uri"))))
            }
            if let policy = fields["authentication"] {
                let template = authentication(policy, scope, at: fields.path("authentication"))
                members.append(.init(key: "authentication", value: template))
            }
            return .object(members)
        default:
            error(.invalidEndpoint, "An endpoint is a URI or an object with uri, not \(value.kindName).", at: path)
            return .constant(.null)
        }
    }

    private func uri(_ text: String, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate {
        if let source = Self.expressionSource(text) {
            return expression(source, scope, at: path).map { .expression($0) } ?? .constant(.null)
        }
        guard let parts = URITemplate.parse(text) else {
            error(
                .invalidEndpoint,
                "\"\(text)\" is not a URI. Write it without blanks, with {name} for properties of the input.", at: path)
            return .constant(.null)
        }
        if let mark = text.firstRange(of: "://"), !["http", "https"].contains(text[..<mark.lowerBound].lowercased()),
            !text[..<mark.lowerBound].contains("{")
        {
            error(
                .invalidEndpoint, "\"\(text)\" cannot be called: only http and https can. Write such an address.",
                at: path)
        }
        if parts.contains(where: { if case .variable = $0 { true } else { false } }) { return .uriTemplate(parts) }
        return .constant(.string(text))
    }

    /// A policy, or `{use: name}` for one of `use.authentications`.
    func authentication(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate {
        let scope = scope.at(.authentication)
        guard let name = value["use"] else {
            return authenticationPolicy(value, scope, at: path) ?? .constant(.null)
        }
        guard case .string(let name) = name, let fields = fields(value, "authentication", allowed: ["use"], at: path)
        else {
            error(.wrongType, "use must be the name of an authentication policy.", at: path)
            return .constant(.null)
        }
        guard let policy = components.authentications[name] else {
            unknownComponent(
                name, "authentication policy", "use.authentications", components.authentications.keys,
                at: fields.path("use"))
            return .constant(.null)
        }
        let declared = JSONPointer(["use", "authentications", name])
        return authenticationPolicy(policy, scope, at: declared) ?? .constant(.null)
    }

    func authenticationPolicy(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> ValueTemplate? {
        let schemes: [String: (required: [String], optional: [String])] = [
            "basic": (["username", "password"], []), "bearer": (["token"], []),
            "digest": (["username", "password"], []),
            "oauth2": (["authority", "grant"], Self.tokenSettings + ["endpoints"]),
            "oidc": (["authority", "grant"], Self.tokenSettings),
        ]
        guard let policy = fields(value, "authentication", allowed: schemes.keys.sorted(), at: path) else { return nil }
        guard policy.object.count == 1, let (name, settings) = policy.object.first.map({ ($0.key, $0.value) }) else {
            error(
                .invalidValue, "authentication is exactly one of \(schemes.keys.sorted().joined(separator: ", ")).",
                at: path)
            return nil
        }
        guard let scheme = schemes[name],
            let fields = fields(
                settings, name, allowed: scheme.required + scheme.optional + ["use"], at: policy.path(name))
        else { return nil }
        if let secret = string(fields, "use", name) {
            if !components.secrets.contains(secret) {
                unknownComponent(secret, "secret", "use.secrets", components.secrets, at: fields.path("use"))
            }
        } else {
            for key in scheme.required where fields[key] == nil { missing(key, name, in: fields) }
            if name == "oauth2" || name == "oidc" { checkTokenSettings(fields) }
        }
        return template(value, scope, at: path)
    }

    /// What the specification lists the values of, where they are written as plain text.
    private func checkTokenSettings(_ fields: Fields) {
        checkWord(
            fields, "grant",
            ["client_credentials", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"],
            besides: "authorization_code", because: "needs a person with a browser, which a run has not")
        if let value = fields["client"],
            let client = self.fields(
                value, "client", allowed: ["id", "secret", "assertion", "authentication"], at: fields.path("client"))
        {
            checkWord(
                client, "authentication",
                ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"])
        }
        if let value = fields["request"],
            let request = self.fields(value, "request", allowed: ["encoding"], at: fields.path("request"))
        {
            checkWord(request, "encoding", ["application/x-www-form-urlencoded", "application/json"])
        }
        guard fields["grant"]?.stringValue == "password" else { return }
        for key in ["username", "password"] where fields[key] == nil { missing(key, "grant: password", in: fields) }
    }

    private func checkWord(
        _ fields: Fields, _ key: String, _ words: [String], besides refused: String? = nil, because reason: String = ""
    ) {
        guard let word = fields[key]?.stringValue, Self.expressionSource(word) == nil, !words.contains(word) else {
            return
        }
        let why = word == refused ? ": it \(reason)" : ""
        error(
            .invalidValue, "\(key) cannot be \(word)\(why). Choose one of \(words.joined(separator: ", ")).",
            at: fields.path(key))
    }

    private static let tokenSettings = [
        "client", "request", "issuers", "scopes", "audiences", "username", "password", "subject", "actor",
    ]
}

/// RFC 6570, level 1, as far as the specification has it: `{name}` stands for a top-level property of the input.
enum URITemplate {
    /// `nil` when the text is not a URI reference with whole `{name}` parts.
    static func parse(_ text: String) -> [ValueTemplate.URIPart]? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        var parts: [ValueTemplate.URIPart] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { return nil }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty, !name.contains("{") else { return nil }
            parts.append(.variable(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return parts
    }
}
