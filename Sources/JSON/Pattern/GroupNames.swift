/// The capturing groups of a regular expression, counted before it is translated, because a reference may come before
/// its group.
struct GroupNames {
    private(set) var count = 0
    private(set) var numbers: [String: Int] = [:]

    init(in source: String) {
        var isInClass = false
        var rest = Array(source.unicodeScalars)[...]
        while let next = rest.popFirst() {
            switch next {
            case "\\": _ = rest.popFirst()
            case "[": isInClass = true
            case "]": isInClass = false
            case "(" where !isInClass: note(rest)
            default: break
            }
        }
    }

    private mutating func note(_ inside: ArraySlice<Unicode.Scalar>) {
        guard inside.first == "?" else {
            count += 1
            return
        }
        var rest = inside.dropFirst()
        guard rest.popFirst() == "<", let first = rest.first, first != "=", first != "!" else { return }
        count += 1
        numbers[String(String.UnicodeScalarView(rest.prefix { $0 != ">" }))] = count
    }
}
