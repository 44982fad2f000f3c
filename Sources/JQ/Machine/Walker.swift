import JSON

/// Goes through a value and everything in it, parents before children.
final class Walker {
    private struct Level {
        var container: JSONValue
        var position: Int
        var path: PathNode?
    }

    /// Only the machine that owns the walker touches it.
    @exclusivity(unchecked) private var levels: [Level] = []

    init(_ root: JSONValue, path: PathNode?) {
        levels.append(Level(container: root, position: 0, path: path))
    }

    /// Approximate size for the census.
    var bytes: Int { levels.count * 40 }

    var values: [JSONValue] { levels.map(\.container) }

    /// The next value below the root; nil at the end.
    func next(poison: PathNode) -> (value: JSONValue, path: PathNode?, depth: Int)? {
        while let level = levels.last {
            let place = levels.count - 1
            let child: JSONValue
            let key: JSONValue
            switch level.container {
            case .array(let elements) where level.position < elements.count:
                child = elements[level.position]
                key = level.path == nil ? .null : JSONValue(level.position)
            case .object(let object) where level.position < object.count:
                let member = object[level.position]
                child = member.value
                key = level.path == nil ? .null : .string(member.key)
            default:
                levels.removeLast()
                continue
            }
            levels[place].position += 1
            let path = level.path.map { $0 === poison ? poison : PathNode($0, key) }
            switch child {
            case .array(let elements) where !elements.isEmpty:
                levels.append(Level(container: child, position: 0, path: path))
            case .object(let object) where !object.isEmpty:
                levels.append(Level(container: child, position: 0, path: path))
            default: break
            }
            return (child, path, place)
        }
        return nil
    }
}
