/// The documents that references can lead to, and what in them has a name: resources by their URI, anchors by theirs.
struct SchemaLibrary {
    /// A schema with an identity of its own: the root of a document, or a part of it with an `$id`.
    struct Resource {
        var uri: String
        var document: Int
        var path: JSONPointer
        var dialect: SchemaDialect
        var anchors: [String: JSONPointer] = [:]
        var dynamicAnchors: [String: JSONPointer] = [:]
    }

    struct Document {
        var uri: String
        var value: JSONValue
        /// The resource that the schema at this place belongs to.
        var resourceOfSchema: [JSONPointer: Int] = [:]
    }

    /// A schema inside a document.
    struct Place: Hashable {
        var document: Int
        var path: JSONPointer
    }

    private(set) var documents: [Document] = []
    private(set) var resources: [Resource] = []
    private var resourceOfURI: [String: Int] = [:]
    private let table: [String: JSONValue]
    var problems: [JSONSchemaError.Problem] = []

    init(table: [String: JSONValue]) {
        var normalised: [String: JSONValue] = [:]
        for (uri, document) in table { normalised[URIReference(uri).withoutFragment] = document }
        self.table = normalised
    }

    func resourceIndex(of place: Place) -> Int? { documents[place.document].resourceOfSchema[place.path] }

    /// The resource with this URI, taken from the table or the metaschemas when it was not used before.
    mutating func resource(uri: String) -> Int? {
        if let known = resourceOfURI[uri] { return known }
        guard let document = table[uri] ?? Metaschemas.documents[uri] else { return nil }
        return add(document, uri: uri)
    }

    /// Takes a document in and returns its root resource.
    mutating func add(_ value: JSONValue, uri: String) -> Int {
        let document = documents.count
        documents.append(Document(uri: uri, value: value))
        let resource = resources.count
        resources.append(Resource(uri: uri, document: document, path: .root, dialect: .standard))
        resourceOfURI[uri] = resource
        if case .object(let schema) = value {
            resources[resource].dialect = dialect(of: schema, at: Place(document: document, path: .root)) ?? .standard
        }
        index(value, at: .root, resource: resource)
        return resource
    }

    /// Notes the identifiers of a schema and of all schemas in it.
    private mutating func index(_ root: JSONValue, at rootPath: JSONPointer, resource rootResource: Int) {
        var open = [(value: root, path: rootPath, resource: rootResource)]
        while let (value, path, outer) = open.popLast() {
            var resource = outer
            if case .object(let schema) = value {
                resource = noteIdentifiers(of: schema, at: path, resource: outer)
                let dialect = resources[resource].dialect
                for (subpath, subschema) in Self.subschemas(of: schema, at: path, dialect: dialect) {
                    open.append((subschema, subpath, resource))
                }
            }
            documents[resources[outer].document].resourceOfSchema[path] = resource
        }
    }

    private mutating func noteIdentifiers(of schema: JSONObject, at path: JSONPointer, resource outer: Int) -> Int {
        var resource = outer
        if case .string(let id)? = schema["$id"] { resource = identify(schema, id: id, at: path, outer: outer) }
        if case .string(let name)? = schema["$anchor"] { resources[resource].anchors[name] = path }
        if case .string(let name)? = schema["$dynamicAnchor"] {
            resources[resource].anchors[name] = path
            resources[resource].dynamicAnchors[name] = path
        }
        return resource
    }

    private static func subschemas(
        of schema: JSONObject, at path: JSONPointer, dialect: SchemaDialect
    ) -> [(JSONPointer, JSONValue)] {
        var found: [(JSONPointer, JSONValue)] = []
        for (keyword, value) in schema {
            guard let shape = dialect.subschemaShape(of: keyword) else { continue }
            let inner = path.appending(keyword)
            switch (shape, value) {
            case (.schema, _): found.append((inner, value))
            case (.list, .array(let schemas)):
                for (place, schema) in schemas.enumerated() { found.append((inner.appending(place), schema)) }
            case (.map, .object(let schemas)):
                for (key, schema) in schemas { found.append((inner.appending(key), schema)) }
            default: break  // the compiler reports it
            }
        }
        return found
    }

    /// The resource that an `$id` starts.
    private mutating func identify(_ schema: JSONObject, id: String, at path: JSONPointer, outer: Int) -> Int {
        let reference = URIReference(id)
        let document = resources[outer].document
        if let fragment = reference.fragment, !fragment.isEmpty {
            report("An $id must not have a fragment; use $anchor.", at: Place(document: document, path: path))
            return outer
        }
        let uri = reference.resolved(against: URIReference(resources[outer].uri)).withoutFragment
        if path == resources[outer].path {
            resources[outer].uri = uri
            resourceOfURI[uri] = outer
            return outer
        }
        if let known = resourceOfURI[uri], resources[known].document == document {
            report("The $id “\(uri)” is used twice.", at: Place(document: document, path: path))
        }
        let place = Place(document: document, path: path)
        let dialect = dialect(of: schema, at: place) ?? resources[outer].dialect
        resources.append(Resource(uri: uri, document: document, path: path, dialect: dialect))
        resourceOfURI[uri] = resources.count - 1
        return resources.count - 1
    }

    mutating func report(_ message: String, at place: Place) {
        problems.append(
            JSONSchemaError.Problem(document: documents[place.document].uri, path: place.path, message: message))
    }
}

extension SchemaLibrary {
    /// The dialect that the schema's own `$schema` names; nil when it has none.
    private mutating func dialect(of schema: JSONObject, at place: Place) -> SchemaDialect? {
        guard case .string(let uri)? = schema["$schema"] else { return nil }
        let name = URIReference(uri).withoutFragment
        if name == SchemaDialect.standardURI { return .standard }
        guard case .object(let metaschema)? = table[name] ?? Metaschemas.documents[name] else {
            report("The dialect “\(uri)” is not known; 2020-12 is.", at: place)
            return nil
        }
        if case .string(let parent)? = metaschema["$schema"],
            URIReference(parent).withoutFragment != SchemaDialect.standardURI, parent != uri
        {
            report("The dialect “\(uri)” is not built on 2020-12.", at: place)
        }
        guard case .object(let vocabularies)? = metaschema["$vocabulary"] else { return .standard }
        var dialect = SchemaDialect(vocabularies: [.core])
        for (vocabulary, isRequired) in vocabularies {
            if let known = SchemaDialect.Vocabulary.byURI[vocabulary] {
                dialect.vocabularies.insert(known)
            } else if isRequired.boolValue == true {
                report("The dialect “\(uri)” requires the vocabulary “\(vocabulary)”, which is not known.", at: place)
            }
        }
        return dialect
    }
}

extension SchemaLibrary {
    /// Where a reference leads; nil, with a problem noted, when it leads nowhere.
    mutating func resolve(_ reference: String, from resource: Int, at place: Place) -> Place? {
        let target = URIReference(reference).resolved(against: URIReference(resources[resource].uri))
        guard let index = self.resource(uri: target.withoutFragment) else {
            report(
                "The reference “\(reference)” leads to “\(target.withoutFragment)”, which was not given.", at: place)
            return nil
        }
        let found = resources[index]
        guard let fragment = target.decodedFragment else {
            report("The fragment of the reference “\(reference)” is not UTF-8.", at: place)
            return nil
        }
        if fragment.isEmpty { return Place(document: found.document, path: found.path) }
        if !fragment.hasPrefix("/") {
            guard let path = found.anchors[fragment] else {
                report("The reference “\(reference)” names an anchor that does not exist.", at: place)
                return nil
            }
            return Place(document: found.document, path: path)
        }
        guard let pointer = try? JSONPointer(parsing: fragment),
            let value = pointer.evaluate(in: found.path.evaluate(in: documents[found.document].value) ?? .null)
        else {
            report("The reference “\(reference)” leads to a place that does not exist.", at: place)
            return nil
        }
        let path = found.path.appending(contentsOf: pointer)
        adopt(value, at: Place(document: found.document, path: path))
        return Place(document: found.document, path: path)
    }

    /// A reference may lead to a place that no keyword makes a schema. It then belongs to the nearest schema around it.
    private mutating func adopt(_ value: JSONValue, at place: Place) {
        let known = documents[place.document].resourceOfSchema
        if known[place.path] != nil { return }
        var around = place.path
        while !around.tokens.isEmpty {
            around.tokens.removeLast()
            guard let resource = known[around] else { continue }
            return index(value, at: place.path, resource: resource)
        }
    }
}
