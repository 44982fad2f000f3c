package import JSON

/// A place of a definition that refers to a document elsewhere. Nothing is fetched while decoding: the caller gives the
/// documents that it has in `FunctionTable.resources`, and fetches what was missing if it wants to.
package struct ResourceUse: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A JSON Schema: an object or a boolean.
        case schema
        /// A function of a catalog, by the name under which it is called: a task.
        case function(name: String)
        /// The text of a script.
        case script
    }

    package var kind: Kind
    /// As the definition writes it; it may be relative to the definition's own place.
    package var uri: String
    /// The value that refers to it: the schema, the task's `call`, the script.
    package var path: JSONPointer
    /// The authentication policy of its endpoint, as written; one that it names is looked up.
    package var authentication: JSONValue?
    /// Whether the table of resources had it.
    package var isFound: Bool
}

extension DecodedDefinition {
    /// The document with every resource that was found put in its place, so that it stands for itself: what is stored
    /// and run must not change when somebody changes a file elsewhere.
    package func bundled(_ document: JSONValue, _ resources: [String: JSONValue]) -> JSONValue {
        var document = document
        for use in self.resources where use.isFound {
            guard let resource = resources[use.uri] else { continue }
            switch use.kind {
            case .schema:
                document.change(at: use.path.tokens[...]) { schema in
                    schema.set("resource", nil)
                    schema.set("document", resource)
                }
            case .script:
                document.change(at: use.path.tokens[...]) { script in
                    script.set("source", nil)
                    script.set("code", resource)
                }
            case .function(let name):
                var use = document["use"] ?? [:]
                var functions = use["functions"] ?? [:]
                functions.set(name, resource)
                use.set("functions", functions)
                document.set("use", use)
            }
        }
        return document
    }
}

extension JSONValue {
    /// Changes the value at a place that exists; does nothing where there is none.
    fileprivate mutating func change(at tokens: ArraySlice<String>, _ change: (inout JSONValue) -> Void) {
        guard let token = tokens.first else { return change(&self) }
        switch self {
        case .object(var object):
            guard var member = object[token] else { return }
            member.change(at: tokens.dropFirst(), change)
            object[token] = member
            self = .object(object)
        case .array(var items):
            guard let index = Int(token), items.indices.contains(index) else { return }
            items[index].change(at: tokens.dropFirst(), change)
            self = .array(items)
        default: return
        }
    }
}
