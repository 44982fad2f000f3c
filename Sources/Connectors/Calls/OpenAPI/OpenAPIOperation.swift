import JSON

/// One operation of a document, with its references followed.
struct OpenAPIOperation {
    /// What an operation takes as its body.
    struct Body {
        /// The name of the argument; others may take its place when there is none of that name.
        var name: String
        var isRequired: Bool
        var contentType: String
    }

    private static let maximumParameters = 500

    let id: String
    let place: OpenAPIDocument.Place
    let parameters: [OpenAPIParameter]
    let body: Body?
    /// How a form is sent; `nil` without `formData` parameters.
    let formType: String?
    let base: WebAddress

    init(_ id: String, in document: OpenAPIDocument) throws(CallFailure) {
        self.id = id
        place = try document.place(of: id)
        let item = try document.resolve(document.root["paths"]?[place.path] ?? .null)
        let operation = item[place.method] ?? .null
        var declared: [JSONValue] = []
        // The operation's own come last: they replace the path's of the same name and place.
        for value in (item["parameters"]?.arrayValue ?? []) + (operation["parameters"]?.arrayValue ?? []) {
            guard declared.count < Self.maximumParameters else {
                throw CallFailure(
                    .configuration, "the operation `\(id)` has more than \(Self.maximumParameters) parameters")
            }
            declared.append(try document.resolve(value))
        }
        parameters = try Self.merged(declared, document.version)
        switch document.version {
        case .openAPI3:
            body = try Self.body(operation["requestBody"], document)
            formType = nil
        case .swagger2:
            let types =
                (operation["consumes"] ?? document.root["consumes"])?.arrayValue?.compactMap(\.stringValue) ?? []
            body = declared.last { $0["in"]?.stringValue == "body" }.map {
                Body(
                    name: $0["name"]?.stringValue ?? "body", isRequired: $0["required"]?.boolValue == true,
                    contentType: Self.preferred(types))
            }
            formType = Self.formType(parameters, types)
        }
        base = try OpenAPIServer(document: document, item: item, operation: operation).base()
    }

    private static func merged(
        _ declared: [JSONValue], _ version: OpenAPIDocument.Version
    ) throws(CallFailure) -> [OpenAPIParameter] {
        var merged: [OpenAPIParameter] = []
        for value in declared {
            guard let parameter = try OpenAPIParameter(value, version) else { continue }
            merged.removeAll { $0.name == parameter.name && $0.location == parameter.location }
            merged.append(parameter)
        }
        return merged
    }

    private static func body(_ value: JSONValue?, _ document: OpenAPIDocument) throws(CallFailure) -> Body? {
        guard let value else { return nil }
        let body = try document.resolve(value)
        return Body(
            name: "body", isRequired: body["required"]?.boolValue == true,
            contentType: preferred(body["content"]?.objectValue?.keys ?? []))
    }

    private static func formType(_ parameters: [OpenAPIParameter], _ types: [String]) -> String? {
        let fields = parameters.filter { $0.location == .formData }
        if fields.isEmpty { return nil }
        let isMultipart = fields.contains(where: \.isFile) || !types.contains(MediaType.form)
        return isMultipart && (fields.contains(where: \.isFile) || types.contains(MediaType.multipart))
            ? MediaType.multipart : MediaType.form
    }

    /// JSON if it can be, then a form, then what is there.
    private static func preferred(_ types: [String]) -> String {
        let written = types.filter { HeaderRules.isValue($0) }
        if let json = written.first(where: { MediaType($0).isJSON }) { return json }
        if written.isEmpty || written.contains(where: { $0.hasSuffix("/*") }) { return "application/json" }
        return written.first { [MediaType.form, MediaType.multipart].contains(MediaType($0).name) } ?? written[0]
    }
}
