import JSON

/// Where an operation is called: the first server that the document names for it.
struct OpenAPIServer {
    private static let maximumVariables = 50

    let document: OpenAPIDocument
    /// The path's item, and the operation in it.
    let item: JSONValue
    let operation: JSONValue

    func base() throws(CallFailure) -> WebAddress {
        switch document.version {
        case .openAPI3: try openAPI3()
        case .swagger2: try swagger2()
        }
    }

    private func openAPI3() throws(CallFailure) -> WebAddress {
        // An empty list is as good as none.
        let server = [operation, item, document.root].lazy.compactMap { $0["servers"]?.arrayValue?.first }.first
        // OpenAPI 3.1, 4.8.1: without a server it is `/`, beside the document.
        guard let server else { return try address("/") }
        guard let url = server["url"]?.stringValue else {
            throw CallFailure(.configuration, "the document's server has no `url`")
        }
        return try address(try expanded(url, server["variables"]?.objectValue ?? [:]))
    }

    /// The variables with their defaults: a call cannot choose others.
    private func expanded(_ url: String, _ variables: JSONObject) throws(CallFailure) -> String {
        guard variables.count <= Self.maximumVariables else {
            throw CallFailure(.configuration, "the document's server has more than \(Self.maximumVariables) variables")
        }
        var expanded = ""
        var rest = url[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            guard let value = variables[name]?["default"]?.plainText else {
                throw CallFailure(
                    .configuration, "the variable `\(name.prefix(200))` of the document's server has no default")
            }
            expanded += rest[..<open] + value
            rest = rest[rest.index(after: close)...]
        }
        return expanded + rest
    }

    private func swagger2() throws(CallFailure) -> WebAddress {
        let root = document.root
        let schemes = (operation["schemes"] ?? root["schemes"])?.arrayValue?.compactMap(\.stringValue) ?? []
        let own = document.address.scheme.rawValue
        let scheme =
            schemes.isEmpty ? own : schemes.contains("https") ? "https" : schemes.contains("http") ? "http" : nil
        guard let scheme else {
            throw CallFailure(.configuration, "the document's operation is called over neither http nor https")
        }
        var base = root["basePath"]?.stringValue ?? "/"
        if !base.hasPrefix("/") { base = "/" + base }
        return try address("\(scheme)://\(root["host"]?.stringValue ?? document.address.authority)\(base)")
    }

    private func address(_ reference: String) throws(CallFailure) -> WebAddress {
        guard let address = document.address.resolving(reference: reference) else {
            throw CallFailure(
                .configuration, "the document's server `\(reference.prefix(200))` is no address that can be called")
        }
        guard address.scheme == .https || document.address.scheme == .http else {
            throw CallFailure(
                .configuration, "the document came over https, and its server `\(reference.prefix(200))` is not")
        }
        return address
    }
}
