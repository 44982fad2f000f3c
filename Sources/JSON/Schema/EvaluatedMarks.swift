/// Which members (by position) or elements of one value have been looked at by a schema, for `unevaluatedProperties` and
/// `unevaluatedItems`. Costs nothing while nobody asks.
struct EvaluatedMarks {
    let isWanted: Bool
    private(set) var isAllMarked = false
    private var marks: [Bool] = []

    init(isWanted: Bool) { self.isWanted = isWanted }

    mutating func markAll() { isAllMarked = true }

    /// - Parameter count: how many members or elements the value has.
    @inline(__always)
    mutating func mark(_ place: Int, of count: Int) {
        guard isWanted, !isAllMarked else { return }
        if marks.isEmpty { marks = [Bool](repeating: false, count: count) }
        marks[place] = true
    }

    func isMarked(_ place: Int) -> Bool {
        isAllMarked || (!marks.isEmpty && marks[place])
    }

    mutating func merge(_ other: EvaluatedMarks) {
        guard isWanted else { return }
        isAllMarked = isAllMarked || other.isAllMarked
        if marks.isEmpty {
            marks = other.marks
        } else if !other.marks.isEmpty {
            for place in marks.indices where other.marks[place] { marks[place] = true }
        }
    }
}
