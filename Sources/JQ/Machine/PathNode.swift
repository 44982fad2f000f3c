import JSON

/// The way from the input of a path expression to a value: a list from the last step to the first.
final class PathNode {
    let parent: PathNode?
    let key: JSONValue
    let count: Int

    /// A path of no steps.
    init() {
        parent = nil
        key = .null
        count = 0
    }

    init(_ parent: PathNode, _ key: JSONValue) {
        self.parent = parent
        self.key = key
        count = parent.count + 1
    }

    var keys: [JSONValue] {
        var keys = [JSONValue](repeating: .null, count: count)
        var node = self
        for position in stride(from: count - 1, through: 0, by: -1) {
            keys[position] = node.key
            guard let parent = node.parent else { break }
            node = parent
        }
        return keys
    }
}
