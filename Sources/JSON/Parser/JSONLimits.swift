/// What a reader accepts before it gives up on a document, so that hostile text costs no more than its limits say.
public struct JSONLimits: Sendable, Hashable {
    /// The length of the document in bytes.
    public var maximumBytes: Int
    /// How many arrays and objects may be open at once. Reading uses no stack for them, but releasing, comparing and
    /// writing a value takes some of the thread's stack for each level: see ``deepestNesting``.
    public var maximumDepth: Int
    /// How many object members the document may have altogether.
    public var maximumKeys: Int
    /// How many elements of arrays the document may have altogether, besides the first of each.
    public var maximumElements: Int
    /// The length of one number literal in bytes.
    public var maximumNumberBytes: Int
    /// Refuse an object in which a key comes twice. Otherwise the key keeps its first place and its last value.
    public var rejectDuplicateKeys: Bool

    /// No limit for depth is taken to be above this, because the values must still be released on an 8 MiB stack.
    public static let deepestNesting = 10_001

    /// What is not named has its default.
    public init(
        maximumBytes: Int = 16 << 20, maximumDepth: Int = 512, maximumKeys: Int = 1_000_000,
        maximumElements: Int = .max, maximumNumberBytes: Int = 4096, rejectDuplicateKeys: Bool = false
    ) {
        self.maximumBytes = maximumBytes
        self.maximumDepth = maximumDepth
        self.maximumKeys = maximumKeys
        self.maximumElements = maximumElements
        self.maximumNumberBytes = maximumNumberBytes
        self.rejectDuplicateKeys = rejectDuplicateKeys
    }

    /// 16 MiB, 512 levels, a million keys, numbers of 4096 bytes; the last of two equal keys wins.
    public static let `default` = JSONLimits()
}
