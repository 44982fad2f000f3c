extension ParameterBuffer {
    typealias Values = UnsafeMutablePointer<UnsafePointer<CChar>?>
    typealias Numbers = UnsafeMutablePointer<Int32>

    /// The three arrays that libpq wants: where each value starts, its length, and its format (binary for all).
    func withValues(_ body: (Values?, Numbers?, Numbers?) -> Void) {
        let count = slots.count
        guard count > 0 else { return body(nil, nil, nil) }
        withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * 2) { numbers in
                bytes.withUnsafeBytes { raw in
                    var offset = 0
                    for (index, slot) in slots.enumerated() {
                        values[index] = nil
                        if slot.length >= 0 {
                            values[index] = Self.start(of: raw, at: offset)
                            offset += Int(slot.length)
                        }
                        numbers[index] = max(slot.length, 0)
                        numbers[count + index] = 1
                    }
                    guard let lengths = numbers.baseAddress else { return }
                    body(values.baseAddress, lengths, lengths + count)
                }
            }
        }
    }

    /// Never null: libpq takes a null pointer for NULL, and an empty string is a value.
    private static func start(of raw: UnsafeRawBufferPointer, at offset: Int) -> UnsafePointer<CChar> {
        guard let base = raw.baseAddress else { return emptyValue }
        return (base + offset).assumingMemoryBound(to: CChar.self)
    }

    private static var emptyValue: UnsafePointer<CChar> {
        UnsafeRawPointer(("" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
