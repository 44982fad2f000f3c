import Crypto

extension MasterKey {
    /// A key of its own for one purpose, the same on every replica; it tells nothing about the master key.
    func derivedKey(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Array("millwright/\(purpose)/1".utf8), outputByteCount: Self.byteCount)
    }
}
