extension JSONObject {
    /// The same for two objects that share their storage, so that a count of memory can see it once.
    package var storageIdentity: UInt {
        members.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }
}
