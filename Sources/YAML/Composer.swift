import JSON

/// Builds the value from the events, within the limits.
struct Composer {
    let limits: YAMLLimits
    private(set) var locations: [String: SourceLocation] = [:]
    private var anchors: [String: Anchored] = [:]
    private var valueCount = 0

    /// What an alias stands for; sharing it costs nothing until it is written out, which is why it is counted.
    private struct Anchored {
        let value: JSONValue
        let valueCount: Int
        let depth: Int
    }

    private struct Node {
        var value: JSONValue
        /// Levels of sequences and mappings in it.
        var depth: Int
    }

    init(limits: YAMLLimits) { self.limits = limits }

    mutating func compose(_ text: String) throws(YAMLError) -> JSONValue {
        let bytes = ContiguousArray(text.utf8)
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, YAMLError> in
            var reader = EventReader(buffer)
            do throws(YAMLError) {
                return .success(try composeStream(&reader))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func composeStream(_ reader: inout EventReader) throws(YAMLError) -> JSONValue {
        _ = try reader.next()  // the stream's start
        let start = try reader.next()
        guard case .documentStart = start.kind else {
            locations[""] = start.location
            return .null
        }
        let root = try reader.next()
        locations[""] = root.location
        let node = try compose(root, at: "", level: 0, &reader)
        _ = try reader.next()  // the document's end
        let end = try reader.next()
        guard case .streamEnd = end.kind else {
            throw YAMLError(.severalDocuments, "a file holds one document: remove the second one", at: end.location)
        }
        return node.value
    }

    private mutating func compose(
        _ event: YAMLEvent, at pointer: String, level: Int, _ reader: inout EventReader
    ) throws(YAMLError) -> Node {
        let countBefore = valueCount
        try count(1, at: event.location)
        let node: Node
        switch event.kind {
        case .alias(let name): return try unfold(name, level: level, at: event.location)
        case .scalar(let text, let isPlain):
            let value = try CoreSchema.resolve(text, isPlain: isPlain, tag: event.tag, at: event.location)
            node = Node(value: value, depth: 0)
        case .sequenceStart:
            try CoreSchema.requireTag("seq", of: event)
            try checkDepth(level + 1, at: event.location)
            node = try composeSequence(at: pointer, level: level + 1, &reader)
        case .mappingStart:
            try CoreSchema.requireTag("map", of: event)
            try checkDepth(level + 1, at: event.location)
            node = try composeMapping(at: pointer, level: level + 1, &reader)
        default: throw YAMLError(.syntax, "a value is missing here", at: event.location)
        }
        if let anchor = event.anchor {
            anchors[anchor] = Anchored(value: node.value, valueCount: valueCount - countBefore, depth: node.depth)
        }
        return node
    }

    private mutating func composeSequence(
        at pointer: String, level: Int, _ reader: inout EventReader
    ) throws(YAMLError) -> Node {
        var items: [JSONValue] = []
        var depth = 0
        while true {
            let event = try reader.next()
            if case .sequenceEnd = event.kind { return Node(value: .array(items), depth: depth + 1) }
            let itemPointer = "\(pointer)/\(items.count)"
            locations[itemPointer] = event.location
            let item = try compose(event, at: itemPointer, level: level, &reader)
            depth = max(depth, item.depth)
            items.append(item.value)
        }
    }

    private mutating func composeMapping(
        at pointer: String, level: Int, _ reader: inout EventReader
    ) throws(YAMLError) -> Node {
        var members = JSONObject()
        var depth = 0
        while true {
            let event = try reader.next()
            if case .mappingEnd = event.kind { return Node(value: .object(members), depth: depth + 1) }
            let key = try keyText(event)
            guard !members.contains(key: key) else {
                let first = locations[pointer + "/" + escaped(key)]
                let place = first.map { " (first in line \($0.line))" } ?? ""
                throw YAMLError(.duplicateKey, "the key “\(key)” comes twice\(place)", at: event.location)
            }
            let memberPointer = pointer + "/" + escaped(key)
            locations[memberPointer] = event.location
            let member = try compose(try reader.next(), at: memberPointer, level: level, &reader)
            depth = max(depth, member.depth)
            members[key] = member.value
        }
    }

    private func keyText(_ event: YAMLEvent) throws(YAMLError) -> String {
        guard case .scalar(let text, let isPlain) = event.kind else {
            throw YAMLError(.unsupportedKey, "a key must be plain text", at: event.location)
        }
        if isPlain, text == "<<" {
            throw YAMLError(
                .unsupportedKey, "merge keys (<<) are not part of YAML 1.2: write the members out", at: event.location)
        }
        if event.tag != nil, event.tag != CoreSchema.tagPrefix + "str", event.tag != "!" {
            throw YAMLError(.unsupportedTag, "a key cannot have the tag \(event.tag ?? "")", at: event.location)
        }
        return text
    }

    private mutating func unfold(
        _ name: String, level: Int, at location: SourceLocation
    ) throws(YAMLError) -> Node {
        guard let anchored = anchors[name] else {
            throw YAMLError(.undefinedAlias, "there is no anchor &\(name) before this alias", at: location)
        }
        try count(anchored.valueCount, at: location)
        try checkDepth(level + anchored.depth, at: location)
        return Node(value: anchored.value, depth: anchored.depth)
    }

    private mutating func count(_ values: Int, at location: SourceLocation) throws(YAMLError) {
        valueCount += values
        guard valueCount <= limits.maximumValues else {
            throw YAMLError(
                .tooManyValues, "the document stands for more than \(limits.maximumValues) values", at: location)
        }
    }

    private func checkDepth(_ level: Int, at location: SourceLocation) throws(YAMLError) {
        guard level <= limits.maximumDepth else {
            throw YAMLError(.tooDeep, "values are nested deeper than \(limits.maximumDepth) levels", at: location)
        }
    }

    /// RFC 6901.
    private func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        return key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}
