/// The values of a text that holds any number of them, one after the other: JSON lines, or what programs print.
///
/// Each value is read when it is asked for, so that those before a mistake are there. The limits hold for each value,
/// but for the number of bytes, which the whole text may have.
public struct JSONSequence: Sendable {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    /// How many bytes of the text are read: where the last value ended.
    public private(set) var offset = 0

    /// - Throws: `tooManyBytes` for a text above the limit.
    public init(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONParseError) {
        if bytes.count > limits.maximumBytes {
            throw bytes.withUnsafeBufferPointer { JSONParseError(.tooManyBytes, at: limits.maximumBytes, in: $0) }
        }
        self.bytes = bytes
        self.limits = limits
    }

    /// The next value; nil after the last one. After an error there are no more.
    public mutating func next() throws(JSONParseError) -> JSONValue? {
        let found = bytes.withUnsafeBufferPointer { text in
            Result { () throws(JSONParseError) in try JSONParser.parseNext(text, from: offset, limits: limits) }
        }
        switch found {
        case .success(let found):
            offset = found?.end ?? bytes.count
            return found?.value
        case .failure(let error):
            offset = bytes.count
            throw error
        }
    }
}
