import JSON

/// The inputs and outputs of the journal entries of one commit, each with its number: an entry's input has twice the entry's
/// position, its output one more. A large one that came before is told by that number (`inputAs`, `outputAs`), so that a
/// value which goes from task to task travels once. The text decides, byte for byte: equal values can be written
/// differently.
struct EarlierValues {
    /// Shorter values are written out: telling them by number would save nothing.
    private static let thresholdBytes = 1024
    /// Large values that are compared with; a commit with more of them repeats few.
    private static let maximumCompared = 16

    /// The number of each value that was told by another one's, and that other number.
    private(set) var repeated: [Int: Int] = [:]
    private var written: [(number: Int, bytes: Range<Int>)] = []
    private var read: [JSONValue?] = []
    private var next = 0

    mutating func write(
        _ value: JSONValue?, _ key: StaticString, as reference: StaticString, to writer: inout MessageWriter
    ) {
        defer { next += 1 }
        guard let value else { return }
        let before = writer.mark
        let text = writer.measuredField(key, value)
        guard text.count >= Self.thresholdBytes else { return }
        if let earlier = written.first(where: { writer.hasSameBytes($0.bytes, text) }) {
            writer.goBack(to: before)
            writer.field(reference, earlier.number)
        } else if written.count < Self.maximumCompared {
            written.append((next, text))
        }
    }

    mutating func read(
        _ key: String, as reference: String, from reader: inout MessageReader
    ) throws(MessageProblem) -> JSONValue? {
        var value = reader.optional(key)
        if let number = try reader.readIfPresent(reference, as: Int.self) {
            guard value == nil, read.indices.contains(number), let earlier = read[number] else {
                throw MessageProblem(path: reference, "must name an earlier value of the commit, and stand alone")
            }
            repeated[read.count] = repeated[number] ?? number
            value = earlier
        }
        read.append(value)
        return value
    }
}
