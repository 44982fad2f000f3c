/// A secret. It cannot be printed, interpolated, encoded or compared in variable time; reading it is a visible act.
public struct Redacted<Value: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let value: Value

    public init(_ value: Value) { self.value = value }

    /// The secret itself. Call it as late and as locally as possible.
    public func reveal() -> Value { value }

    public var description: String { "«redacted»" }
    public var debugDescription: String { "«redacted»" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted where Value: Sequence, Value.Element == UInt8 {
    /// Compares without leaving early, so that the time taken tells nothing about where two secrets differ.
    public func matches(_ other: some Sequence<UInt8>) -> Bool {
        let left = Array(value)
        let right = Array(other)
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
