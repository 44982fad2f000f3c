/// Turns a schema document into a ``SchemaProgram``: finds every schema that can be reached, checks each keyword and
/// resolves each reference. It works off a queue, so neither depth nor cycles matter.
struct SchemaCompiler {
    typealias Keyword = SchemaProgram.Keyword

    private struct Job {
        var node: Int
        var place: SchemaLibrary.Place
        var resource: Int
    }

    var library: SchemaLibrary
    let formatAssertion: Bool
    private var nodes: [SchemaProgram.Node] = []
    private var nodeOfPlace: [SchemaLibrary.Place: Int] = [:]
    private var queue: [Job] = []
    private var dynamicAnchors: [Int: [String: Int]] = [:]

    static func compile(
        _ schema: JSONValue, resources: [String: JSONValue], formatAssertion: Bool
    ) throws(JSONSchemaError) -> SchemaProgram {
        var compiler = SchemaCompiler(library: SchemaLibrary(table: resources), formatAssertion: formatAssertion)
        let root = compiler.library.add(schema, uri: "")
        _ = compiler.node(at: SchemaLibrary.Place(document: compiler.library.resources[root].document, path: .root))
        while let job = compiler.queue.popLast() { compiler.compile(job) }
        if !compiler.library.problems.isEmpty { throw JSONSchemaError(problems: compiler.library.problems) }
        let anchors = compiler.dynamicAnchors
        return SchemaProgram(
            nodes: compiler.nodes, dynamicAnchors: compiler.library.resources.indices.map { anchors[$0] ?? [:] })
    }

    private init(library: SchemaLibrary, formatAssertion: Bool) {
        self.library = library
        self.formatAssertion = formatAssertion
    }

    /// The number of the node for the schema at a place, which is compiled later if it was not met before.
    mutating func node(at place: SchemaLibrary.Place) -> Int {
        if let known = nodeOfPlace[place] { return known }
        let resource = library.resourceIndex(of: place) ?? 0
        let node = nodes.count
        nodes.append(SchemaProgram.Node(resource: resource))
        nodeOfPlace[place] = node
        queue.append(Job(node: node, place: place, resource: resource))
        enter(resource)
        return node
    }

    /// Whoever enters a resource can reach all of its dynamic anchors.
    private mutating func enter(_ resource: Int) {
        if dynamicAnchors[resource] != nil { return }
        dynamicAnchors[resource] = [:]
        let entered = library.resources[resource]
        for (name, path) in entered.dynamicAnchors {
            let node = node(at: SchemaLibrary.Place(document: entered.document, path: path))
            dynamicAnchors[resource]?[name] = node
        }
    }

    private mutating func compile(_ job: Job) {
        switch job.place.path.evaluate(in: library.documents[job.place.document].value) {
        case .bool(let constant): nodes[job.node].constant = constant
        case .object(let schema):
            var scope = KeywordScope(schema: schema, place: job.place, resource: job.resource)
            nodes[job.node].keywords = keywords(&scope)
            nodes[job.node].asksForEvaluated =
                scope.dialectHas(.unevaluated, in: library)
                && (schema["unevaluatedItems"] != nil || schema["unevaluatedProperties"] != nil)
            nodes[job.node].title = schema["title"]?.stringValue
            nodes[job.node].example = schema["examples"]?[0]
            nodes[job.node].defaultValue = schema["default"]
        default: library.report("A schema must be an object or a boolean.", at: job.place)
        }
    }

    /// All keywords of a schema, in the order in which they are applied: cheap checks first, those that depend on what
    /// others have evaluated last.
    private mutating func keywords(_ scope: inout KeywordScope) -> [Keyword] {
        var keywords: [Keyword] = []
        if scope.dialectHas(.validation, in: library) {
            keywords += anyTypeAssertions(scope)
            keywords += numberAssertions(scope)
            keywords += stringAssertions(scope)
            keywords += sizeAssertions(scope)
        }
        keywords += format(scope)
        keywords += references(scope)
        if scope.dialectHas(.applicator, in: library) {
            keywords += childApplicators(scope)
            keywords += inPlaceApplicators(scope)
        }
        if scope.dialectHas(.unevaluated, in: library) {
            if let node = subschema("unevaluatedItems", scope) { keywords.append(.unevaluatedItems(node)) }
            if let node = subschema("unevaluatedProperties", scope) { keywords.append(.unevaluatedProperties(node)) }
        }
        checkDefinitions(scope)
        return keywords
    }

    /// Definitions are compiled even when nothing refers to them, so that their mistakes are found.
    private mutating func checkDefinitions(_ scope: KeywordScope) {
        for keyword in ["$defs", "definitions"] { _ = subschemaMap(keyword, scope) }
    }
}

/// The schema whose keywords are being compiled.
struct KeywordScope {
    let schema: JSONObject
    let place: SchemaLibrary.Place
    let resource: Int

    func dialectHas(_ vocabulary: SchemaDialect.Vocabulary, in library: SchemaLibrary) -> Bool {
        library.resources[resource].dialect.has(vocabulary)
    }

    func place(_ tokens: String...) -> SchemaLibrary.Place {
        SchemaLibrary.Place(document: place.document, path: JSONPointer(place.path.tokens + tokens))
    }
}
