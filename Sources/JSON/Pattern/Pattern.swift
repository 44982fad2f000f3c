@preconcurrency import COniguruma

/// A compiled regular expression in the syntax of ECMA-262, which is the one of JSON Schema. A search is bounded: it may
/// go back only so many times, and then it answers that it does not know.
final class Pattern: @unchecked Sendable {
    // `regex` is never changed after it was made, and Oniguruma searches a compiled expression without changing it; what
    // a search needs to write belongs to that search. So sharing one between threads is safe.
    private let regex: OnigRegex
    let source: String

    /// How often one search may go back and try another way; about a millisecond.
    static let maximumRetries: UInt = 50_000
    static let maximumStackEntries: UInt32 = 100_000
    static let maximumSourceBytes = 8192

    enum Answer {
        case found, absent
        /// The search was stopped at its limit.
        case undecided
    }

    init(_ source: String) throws(PatternError) {
        guard source.utf8.count <= Self.maximumSourceBytes else {
            throw PatternError(reason: "it is longer than \(Self.maximumSourceBytes) bytes")
        }
        self.source = source
        regex = try Self.compile(try PatternTranslator.translate(source))
    }

    deinit { onig_free(regex) }

    /// Looks for a match anywhere in the text.
    func search(_ text: String) -> Answer {
        var copy = text
        return copy.withUTF8 { units in
            guard let parameters = onig_new_match_param() else { return .undecided }
            defer { onig_free_match_param(parameters) }
            onig_set_retry_limit_in_match_of_match_param(parameters, Self.maximumRetries)
            onig_set_retry_limit_in_search_of_match_param(parameters, Self.maximumRetries)
            onig_set_match_stack_limit_size_of_match_param(parameters, Self.maximumStackEntries)
            var empty: UInt8 = 0
            return withUnsafePointer(to: &empty) { placeholder in
                let start = units.baseAddress ?? placeholder
                let end = start + units.count
                let place = onig_search_with_param(regex, start, end, start, end, nil, ONIG_OPTION_NONE, parameters)
                if place >= 0 { return .found }
                return place == ONIG_MISMATCH ? .absent : .undecided
            }
        }
    }

    private static func compile(_ translated: [UInt8]) throws(PatternError) -> OnigRegex {
        if let problem = startUp { throw PatternError(reason: problem) }
        var regex: OnigRegex?
        var info = OnigErrorInfo()
        let status = translated.withUnsafeBufferPointer { units in
            onig_new(
                &regex, units.baseAddress, units.baseAddress.map { $0 + units.count }, ONIG_OPTION_CAPTURE_GROUP,
                &OnigEncodingUTF8, &OnigSyntaxOniguruma, &info)
        }
        guard status == ONIG_NORMAL, let regex else { throw PatternError(reason: message(status)) }
        return regex
    }

    /// What went wrong when Oniguruma was started; nil when nothing did.
    private static let startUp: String? = {
        let status = withUnsafeMutablePointer(to: &OnigEncodingUTF8) { utf8 in
            var encodings: [OnigEncoding?] = [utf8]
            return onig_initialize(&encodings, 1)
        }
        return status == ONIG_NORMAL ? nil : message(status)
    }()

    /// What can still be wrong after the translation.
    private static func message(_ status: Int32) -> String {
        switch status {
        case ONIGERR_INVALID_CHAR_PROPERTY_NAME: "it names a property of characters that is not known"
        case ONIGERR_INVALID_LOOK_BEHIND_PATTERN: "what it looks back for has no bounded length"
        case ONIGERR_TARGET_OF_REPEAT_OPERATOR_INVALID: "it repeats something that cannot be repeated"
        case ONIGERR_EMPTY_RANGE_IN_CHAR_CLASS: "a range in a “[]” is out of order"
        case ONIGERR_PARSE_DEPTH_LIMIT_OVER: "its groups are nested too deeply"
        case ONIGERR_MEMORY: "there is not enough memory for it"
        default: "Oniguruma refused it with the code \(status)"
        }
    }
}
