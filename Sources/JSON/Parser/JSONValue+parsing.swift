extension JSONValue {
    /// Reads a JSON document.
    public init(parsing text: String, limits: JSONLimits = .default) throws(JSONParseError) {
        var copy = text
        let result = copy.withUTF8 { units in Self.result(units, limits: limits) }
        self = try result.get()
    }

    /// Reads a JSON document; its bytes must be UTF-8.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONParseError) {
        let result = bytes.withUnsafeBufferPointer { units in Self.result(units, limits: limits) }
        self = try result.get()
    }

    /// Reads a JSON document; its bytes must be UTF-8. Nothing of the buffer is kept.
    public init(parsing buffer: UnsafeRawBufferPointer, limits: JSONLimits = .default) throws(JSONParseError) {
        self = try JSONParser.parse(buffer.assumingMemoryBound(to: UInt8.self), limits: limits)
    }

    private static func result(
        _ units: UnsafeBufferPointer<UInt8>, limits: JSONLimits
    ) -> Result<JSONValue, JSONParseError> {
        do throws(JSONParseError) {
            return .success(try JSONParser.parse(units, limits: limits))
        } catch {
            return .failure(error)
        }
    }
}
