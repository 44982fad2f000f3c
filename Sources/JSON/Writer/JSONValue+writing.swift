extension JSONValue {
    /// The value as text.
    public func serialized(_ style: JSONStyle = .compact) -> String {
        withSerialized(style) { String(decoding: $0, as: UTF8.self) }
    }

    /// The value as text in UTF-8.
    public func serializedBytes(_ style: JSONStyle = .compact) -> [UInt8] {
        withSerialized(style) { Array($0) }
    }

    /// Appends the value to `bytes`.
    public func write(into bytes: inout [UInt8], style: JSONStyle = .compact) {
        withSerialized(style) { bytes.append(contentsOf: $0) }
    }

    private func withSerialized<Answer>(
        _ style: JSONStyle, _ body: (UnsafeBufferPointer<UInt8>) -> Answer
    ) -> Answer {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return body(writer.sink.bytes)
    }
}

extension JSONValue: CustomStringConvertible {
    /// The compact text.
    public var description: String { serialized() }
}
