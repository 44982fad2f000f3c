/// What may be shown as a logo. SVG is refused: it is a program, and raster images do the same service.
enum BrandLogo {
    static let maximumBytes = 262_144

    /// The first bytes of each kind that is taken.
    private static let kinds: [(mediaType: String, signature: @Sendable (ArraySlice<UInt8>) -> Bool)] = [
        ("image/png", { $0.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) }),
        ("image/jpeg", { $0.starts(with: [0xFF, 0xD8, 0xFF]) }),
        ("image/webp", { $0.starts(with: Array("RIFF".utf8)) && $0.dropFirst(8).starts(with: Array("WEBP".utf8)) }),
    ]

    static func objection(to text: String) -> String? {
        text.hasPrefix("/") ? objection(toPath: text) : objection(toDataURI: text)
    }

    private static func objection(toPath path: String) -> String? {
        let isPlain =
            path.utf8.count <= 200 && !path.hasPrefix("//")
            && path.split(separator: "/").allSatisfy { $0 != ".." && $0 != "." }
            && path.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "/._-".utf8.contains(byte)
            }
        return isPlain ? nil : "Must be a plain path: letters, digits, '.', '_', '-' and '/', and no '..'."
    }

    private static func objection(toDataURI text: String) -> String? {
        guard text.utf8.count <= maximumBytes * 4 / 3 + 64 else {
            return "Is too large: an image may have at most \(maximumBytes / 1024) KiB."
        }
        for kind in kinds {
            let start = "data:\(kind.mediaType);base64,"
            guard text.hasPrefix(start) else { continue }
            guard let bytes = Base64URL.decodeStandard(text.utf8.dropFirst(start.utf8.count)) else {
                return "Is not valid base64."
            }
            return kind.signature(bytes[...]) ? nil : "The bytes are not those of an \(kind.mediaType) image."
        }
        return "Must be a data: URI of a PNG, JPEG or WebP image in base64, or a path that begins with '/'."
    }
}
