import JSON

/// `input`, `output`, `export`, schemas, timeouts and durations.
extension DecodingPass {
    /// Reads `input` (`from`), `output` or `export` (`as`) of a task or of the workflow.
    func dataTransform(
        _ owner: Fields, _ key: String, _ verb: String, before: ExpressionScope?, after: ExpressionScope?
    ) -> DataTransform {
        guard let value = owner[key],
            let fields = fields(value, key, allowed: ["schema", verb], at: owner.path(key)),
            let scope = before ?? after
        else { return .identity }
        var result = DataTransform()
        if let value = fields[verb] {
            result.transform = transform(value, "\(key).\(verb)", scope, at: fields.path(verb))
        }
        if let value = fields["schema"] { result.schema = schema(value, at: fields.path("schema")) }
        return result
    }

    func schema(_ value: JSONValue, at path: JSONPointer) -> JSONSchema? {
        guard let fields = fields(value, "schema", allowed: ["format", "document", "resource"], at: path) else {
            return nil
        }
        if let format = string(fields, "format", "schema"), format != "json", !format.hasPrefix("json:") {
            error(
                .notSupported, "Schemas in \(format) are not supported. Write a JSON Schema (format: json).",
                at: fields.path("format"))
            return nil
        }
        if let document = fields["document"], fields["resource"] == nil {
            return compileSchema(document, at: fields.path("document"))
        }
        guard let resource = fields["resource"], fields["document"] == nil else {
            error(.missingField, "A schema needs either document or resource. Give exactly one.", at: path)
            return nil
        }
        guard let external = externalResource(resource, at: fields.path("resource")) else { return nil }
        guard let document = use(external, as: .schema, at: path) else {
            error(
                .resourceMissing, "The schema \(external.uri) is not available here. Put it in document instead.",
                at: fields.path("resource"))
            return nil
        }
        return compileSchema(document, at: fields.path("resource"))
    }

    private func compileSchema(_ document: JSONValue, at path: JSONPointer) -> JSONSchema? {
        do {
            return try JSONSchema(document, resources: functions.resources)
        } catch {
            for problem in error.problems {
                self.error(
                    .invalidSchema, "This is not a JSON Schema: \(problem.message) Correct it.",
                    at: path.appending(contentsOf: problem.path))
            }
            return nil
        }
    }

    struct ExternalResource {
        var uri: String
        var authentication: JSONValue?
    }

    /// `{name?, endpoint}`.
    func externalResource(_ value: JSONValue, at path: JSONPointer) -> ExternalResource? {
        guard let fields = fields(value, "resource", allowed: ["name", "endpoint"], at: path) else { return nil }
        guard let endpoint = fields["endpoint"] else {
            missing("endpoint", "A resource", in: fields)
            return nil
        }
        guard let uri = endpoint.stringValue ?? endpoint["uri"]?.stringValue else {
            error(.invalidEndpoint, "endpoint must be a URI, or an object with uri.", at: fields.path("endpoint"))
            return nil
        }
        return ExternalResource(uri: uri, authentication: declared(endpoint["authentication"]))
    }

    /// A policy, or the one of `use.authentications` that it names.
    func declared(_ policy: JSONValue?) -> JSONValue? {
        guard let name = policy?["use"]?.stringValue else { return policy }
        return components.authentications[name]
    }

    /// The document, where the table of resources has it. What is asked for is remembered either way.
    func use(_ resource: ExternalResource, as kind: ResourceUse.Kind, at path: JSONPointer) -> JSONValue? {
        let document = functions.resources[resource.uri]
        let use = ResourceUse(
            kind: kind, uri: resource.uri, path: path, authentication: resource.authentication,
            isFound: document != nil)
        if !resources.contains(use) { resources.append(use) }
        return document
    }

    /// `timeout`: inline, or the name of one in `use.timeouts`.
    func timeout(_ owner: Fields, _ scope: ExpressionScope) -> DurationTemplate? {
        guard let value = owner["timeout"] else { return nil }
        guard case .string(let name) = value else { return timeout(value, scope, at: owner.path("timeout")) }
        guard let named = components.timeouts[name] else {
            unknownComponent(name, "timeout", "use.timeouts", components.timeouts.keys, at: owner.path("timeout"))
            return nil
        }
        return timeout(named, scope, at: JSONPointer(["use", "timeouts", name]))
    }

    func timeout(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> DurationTemplate? {
        guard let fields = fields(value, "timeout", allowed: ["after"], at: path) else { return nil }
        guard let after = fields["after"] else {
            missing("after", "timeout", in: fields)
            return nil
        }
        return duration(after, scope, at: fields.path("after"))
    }

    func unknownComponent(
        _ name: String, _ what: String, _ place: String, _ names: some Sequence<String>, at path: JSONPointer
    ) {
        let hint = nearest(name, among: names).map { "Did you mean \($0)?" } ?? "Declare it in \(place)."
        error(.unknownReference, "There is no \(what) named \(name). \(hint)", at: path)
    }

    func duration(_ value: JSONValue, _ scope: ExpressionScope, at path: JSONPointer) -> DurationTemplate? {
        switch value {
        case .object: return inlineDuration(value, at: path).map { .seconds($0) }
        case .string(let text):
            if let source = Self.expressionSource(text) {
                return expression(source, scope, at: path).map { .expression($0) }
            }
            if let seconds = ISODuration.seconds(text) { return .seconds(seconds) }
            error(
                .invalidDuration,
                "\"\(text)\" is not a duration. Write ISO 8601 such as PT30S or P1D, or {seconds: 30}.", at: path)
            return nil
        default:
            error(
                .invalidDuration,
                "A duration is text such as PT30S or an object such as {seconds: 30}, "
                    + "not \(value.kindName).", at: path)
            return nil
        }
    }

    private func inlineDuration(_ value: JSONValue, at path: JSONPointer) -> Double? {
        let units: [(name: String, seconds: Double)] = [
            ("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1), ("milliseconds", 0.001),
        ]
        guard let fields = fields(value, "A duration", allowed: units.map(\.name), at: path) else { return nil }
        var total = 0.0
        for unit in units {
            guard let amount = integer(fields, unit.name) else { continue }
            if amount < 0 {
                error(.invalidDuration, "A duration cannot be negative.", at: fields.path(unit.name))
                return nil
            }
            total += Double(amount) * unit.seconds
        }
        if fields.object.isEmpty {
            error(.invalidDuration, "The duration is empty. Give at least one of days to milliseconds.", at: path)
            return nil
        }
        guard total <= ISODuration.maximumSeconds else {
            error(.invalidDuration, "A duration can be a hundred years at most.", at: path)
            return nil
        }
        return total
    }
}
