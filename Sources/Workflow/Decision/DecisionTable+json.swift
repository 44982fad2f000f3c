package import JSON
package import Primitives

extension DecisionTable {
    /// - Throws: everything that is wrong, each with its JSON pointer.
    package init(json: JSONValue) throws(DecisionTableMistakes) {
        var reader = TableReader()
        guard let object = json.objectValue else {
            throw DecisionTableMistakes(items: [.init(path: "", message: "must be an object with rows")])
        }
        for (name, _) in object
        where !["hitPolicy", "inputs", "rows", "otherwise", "aggregate", "name", "description"].contains(name) {
            reader.add(
                "/\(name)",
                "is not known; there are hitPolicy, inputs, rows, otherwise, aggregate, name and description")
        }
        hitPolicy = reader.hitPolicy(object["hitPolicy"])
        inputs = reader.inputs(object["inputs"])
        rows = reader.rows(object["rows"], inputs: inputs)
        otherwise = object["otherwise"]
        aggregate = reader.aggregate(object["aggregate"], hitPolicy)
        if hitPolicy == .collect, let otherwise, otherwise.objectValue == nil {
            reader.add("/otherwise", "must be an object, because “collect” puts members together")
        }
        if hitPolicy == .collect {
            for (index, row) in rows.enumerated() where row.outcome.objectValue == nil {
                reader.add("/rows/\(index)/then", "must be an object, because “collect” puts members together")
            }
        }
        guard reader.mistakes.isEmpty else { throw DecisionTableMistakes(items: reader.mistakes) }
    }
}

/// What is wrong with a decision table as it was written.
package struct DecisionTableMistakes: Error, Sendable, Hashable {
    package var items: [Problem.Item]

    package var sentence: String { items.map { "\($0.path) \($0.message)" }.joined(separator: "; ") }
}

private struct TableReader {
    private(set) var mistakes: [Problem.Item] = []

    mutating func add(_ path: String, _ message: String) {
        mistakes.append(.init(path: path, message: message))
    }

    mutating func hitPolicy(_ value: JSONValue?) -> DecisionTable.HitPolicy {
        guard let value else { return .first }
        if let policy = value.stringValue.flatMap(DecisionTable.HitPolicy.init(rawValue:)) { return policy }
        add("/hitPolicy", "must be first, all or collect")
        return .first
    }

    mutating func inputs(_ value: JSONValue?) -> [String]? {
        guard let value else { return nil }
        let names = value.arrayValue?.compactMap(\.stringValue)
        guard let names, names.count == value.arrayValue?.count, names.count <= DecisionTable.maximumInputs else {
            add("/inputs", "must be a list of at most \(DecisionTable.maximumInputs) names")
            return nil
        }
        return names
    }

    mutating func rows(_ value: JSONValue?, inputs: [String]?) -> [DecisionTable.Row] {
        guard let array = value?.arrayValue, (1...DecisionTable.maximumRows).contains(array.count) else {
            add("/rows", "must be a list of 1 to \(DecisionTable.maximumRows) rows with “when” and “then”")
            return []
        }
        return array.enumerated().map { row($1, at: "/rows/\($0)", inputs) }
    }

    private mutating func row(_ value: JSONValue, at place: String, _ inputs: [String]?) -> DecisionTable.Row {
        for (name, _) in value.objectValue ?? [:] where !["when", "then", "description"].contains(name) {
            add("\(place)/\(name)", "is not known; a row has when, then and description")
        }
        let outcome = value["then"]
        if outcome == nil { add(place + "/then", "is missing: what follows when the row holds") }
        var conditions: [(input: String, test: UnaryTest)] = []
        let when = value["when"]
        if let when, when.objectValue == nil { add(place + "/when", "must name inputs with their conditions") }
        for (input, condition) in when?.objectValue ?? [:] {
            if let inputs, !inputs.contains(input) {
                add("\(place)/when/\(input)", "is none of the table's inputs (\(inputs.joined(separator: ", ")))")
            }
            do throws(UnaryTest.Mistake) {
                conditions.append((input, try UnaryTest(json: condition)))
            } catch {
                add("\(place)/when/\(input)", error.message)
            }
        }
        return DecisionTable.Row(conditions: conditions, outcome: outcome ?? .null)
    }

    mutating func aggregate(
        _ value: JSONValue?, _ policy: DecisionTable.HitPolicy
    ) -> [String: DecisionTable.Aggregation] {
        guard let value else { return [:] }
        guard let object = value.objectValue, policy == .collect else {
            add("/aggregate", "must be an object, and belongs to the hit policy “collect”")
            return [:]
        }
        var aggregate: [String: DecisionTable.Aggregation] = [:]
        for (name, word) in object {
            guard let aggregation = word.stringValue.flatMap(DecisionTable.Aggregation.init(rawValue:)) else {
                add("/aggregate/\(name)", "must be sum, min, max or count")
                continue
            }
            aggregate[name] = aggregation
        }
        return aggregate
    }
}
