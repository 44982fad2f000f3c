extension SchemaCompiler {
    mutating func references(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if let place = target("$ref", scope) { keywords.append(.reference(node(at: place))) }
        if let place = target("$dynamicRef", scope) {
            let node = node(at: place)
            let anchor = URIReference(scope.schema["$dynamicRef"]?.stringValue ?? "").decodedFragment ?? ""
            let resource = library.resourceIndex(of: place).map { library.resources[$0] }
            // Without a dynamic anchor of this name at its end it is an ordinary reference.
            let isDynamic = resource?.dynamicAnchors[anchor] == place.path
            keywords.append(isDynamic ? .dynamicReference(node, anchor: anchor) : .reference(node))
        }
        return keywords
    }

    private mutating func target(_ keyword: String, _ scope: KeywordScope) -> SchemaLibrary.Place? {
        guard let value = scope.schema[keyword] else { return nil }
        guard let reference = value.stringValue else {
            report(keyword, "must be a URI reference", scope)
            return nil
        }
        return library.resolve(reference, from: scope.resource, at: scope.place(keyword))
    }

    /// The keywords that apply schemas to members and elements.
    mutating func childApplicators(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        let prefix = subschemaList("prefixItems", scope) ?? []
        let rest = subschema("items", scope)
        if !prefix.isEmpty || rest != nil { keywords.append(.elements(prefix: prefix, rest: rest)) }
        if let node = subschema("contains", scope) {
            let counts = scope.dialectHas(.validation, in: library)
            keywords.append(
                .contains(
                    SchemaProgram.ContainsRule(
                        node: node, minimum: (counts ? count("minContains", scope) : nil) ?? 1,
                        maximum: counts ? count("maxContains", scope) : nil)))
        }
        if let rules = memberRules(scope) { keywords.append(.members(rules)) }
        if let node = subschema("propertyNames", scope) { keywords.append(.propertyNames(node)) }
        return keywords
    }

    private mutating func memberRules(_ scope: KeywordScope) -> SchemaProgram.MemberRules? {
        var rules = SchemaProgram.MemberRules()
        if let properties = subschemaMap("properties", scope) {
            rules.properties = scope.schema["properties"]?.objectValue ?? JSONObject()
            rules.propertyNodes = properties.map(\.node)
        }
        for (source, node) in subschemaMap("patternProperties", scope) ?? [] {
            guard let pattern = pattern(source, scope.place("patternProperties", source)) else { continue }
            rules.patterns.append((pattern, node))
        }
        rules.additional = subschema("additionalProperties", scope)
        return rules.propertyNodes.isEmpty && rules.patterns.isEmpty && rules.additional == nil ? nil : rules
    }

    /// The keywords that apply schemas to the value itself.
    mutating func inPlaceApplicators(_ scope: KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if let nodes = subschemaList("allOf", scope) { keywords.append(.allOf(nodes)) }
        if let nodes = subschemaList("anyOf", scope) { keywords.append(.anyOf(nodes)) }
        if let nodes = subschemaList("oneOf", scope) { keywords.append(.oneOf(nodes)) }
        if let node = subschema("not", scope) { keywords.append(.not(node)) }
        let then = subschema("then", scope)
        let otherwise = subschema("else", scope)
        if let node = subschema("if", scope) {
            keywords.append(.condition(node, then: then, otherwise: otherwise))
        }
        if let schemas = subschemaMap("dependentSchemas", scope), !schemas.isEmpty {
            keywords.append(.dependentSchemas(schemas, isLegacy: false))
        }
        return keywords + dependencies(scope)
    }

    /// The keyword that `dependentRequired` and `dependentSchemas` came from; the metaschema still describes it.
    private mutating func dependencies(_ scope: KeywordScope) -> [Keyword] {
        guard let members = scope.schema["dependencies"]?.objectValue else { return [] }
        var required: [(key: String, needed: [String])] = []
        var schemas: [(key: String, node: Int)] = []
        for (key, value) in members {
            if let names = strings(value) {
                required.append((key, names))
            } else {
                schemas.append((key, node(at: scope.place("dependencies", key))))
            }
        }
        return (required.isEmpty ? [] : [.dependentRequired(required)])
            + (schemas.isEmpty ? [] : [.dependentSchemas(schemas, isLegacy: true)])
    }

    mutating func subschema(_ keyword: String, _ scope: KeywordScope) -> Int? {
        scope.schema[keyword] == nil ? nil : node(at: scope.place(keyword))
    }

    private mutating func subschemaList(_ keyword: String, _ scope: KeywordScope) -> [Int]? {
        guard let value = scope.schema[keyword] else { return nil }
        guard let schemas = value.arrayValue, !schemas.isEmpty else {
            report(keyword, "must be a list of schemas that is not empty", scope)
            return nil
        }
        return schemas.indices.map { node(at: scope.place(keyword, String($0))) }
    }

    mutating func subschemaMap(_ keyword: String, _ scope: KeywordScope) -> [(key: String, node: Int)]? {
        guard let value = scope.schema[keyword] else { return nil }
        guard let schemas = value.objectValue else {
            report(keyword, "must be an object of schemas", scope)
            return nil
        }
        return schemas.keys.map { ($0, node(at: scope.place(keyword, $0))) }
    }
}
