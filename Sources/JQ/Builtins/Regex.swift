@preconcurrency import COniguruma
import JSON

/// A compiled regular expression of Oniguruma.
///
/// `@unchecked Sendable`: the library only reads a compiled expression when it searches, so threads may share it.
final class Regex: @unchecked Sendable {
    private let handle: OnigRegex
    /// Names of the groups, by group number from 1; nil for those without.
    let names: [String?]

    /// Backtracking steps that a first, cheap attempt may take; see ``search(_:from:_:)``.
    private static let firstRetryLimit = 512
    private static let lastRetryLimit = 4_000_000
    private static let matchStackLimit: UInt32 = 200_000
    private static let maximumPatternBytes = 16_384

    init(_ source: String, options: OnigOptionType) throws(Fault) {
        _ = Self.isReady
        if source.utf8.count > Self.maximumPatternBytes {
            throw .message("the regular expression is longer than \(Self.maximumPatternBytes) bytes")
        }
        var created: OnigRegex?
        var problem = OnigErrorInfo()
        var text = source
        let status = text.withUTF8 { bytes in
            let start = UnsafePointer<OnigUChar>(bytes.baseAddress) ?? Self.nothing
            return onig_new(
                &created, start, start + bytes.count, options, Self.encoding, Self.syntax, &problem)
        }
        guard status == ONIG_NORMAL, let created else {
            throw .message("\(source) is not a valid regular expression: \(RegexProblem.text(status))")
        }
        handle = created
        names = Self.groupNames(created)
    }

    deinit { onig_free(handle) }

    /// Fills the region with the first match from byte `start` on; false when there is none.
    ///
    /// The library cannot say how much it backtracked, so the search runs with a small limit first and with larger
    /// ones when that is not enough; each attempt that was not enough is charged.
    func search(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ region: UnsafeMutablePointer<OnigRegion>,
        _ meter: inout Meter
    ) throws(Fault) -> Bool {
        let base = UnsafePointer<OnigUChar>(bytes.baseAddress) ?? Self.nothing
        let end = base + bytes.count
        guard let parameters = onig_new_match_param() else { throw .exhausted(.memory) }
        defer { onig_free_match_param(parameters) }
        onig_initialize_match_param(parameters)
        onig_set_match_stack_limit_size_of_match_param(parameters, Self.matchStackLimit)
        var limit = Self.firstRetryLimit + (bytes.count - start) * 4
        while true {
            try meter.charge(steps: 1 + (bytes.count - start) >> 4)
            onig_set_retry_limit_in_match_of_match_param(parameters, UInt(limit))
            onig_set_retry_limit_in_search_of_match_param(parameters, UInt(limit))
            let status = onig_search_with_param(
                handle, base, end, base + start, end, region, ONIG_OPTION_NONE, parameters)
            if status >= 0 { return true }
            if status == ONIG_MISMATCH { return false }
            let wasShort =
                status == ONIGERR_RETRY_LIMIT_IN_MATCH_OVER || status == ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER
            guard wasShort else { throw .message("regular expression: \(RegexProblem.text(status))") }
            try meter.charge(steps: limit >> 1)
            guard limit < Self.lastRetryLimit else {
                throw .message("regular expression: \(RegexProblem.text(status))")
            }
            limit *= 8
        }
    }

    // MARK: - The library

    private static let isReady: Bool = {
        var encodings: [OnigEncoding?] = [encoding]
        let count = Int32(encodings.count)
        encodings.withUnsafeMutableBufferPointer { _ = onig_initialize($0.baseAddress, count) }
        onig_set_parse_depth_limit(200)
        return true
    }()

    private nonisolated(unsafe) static let nothing: UnsafePointer<OnigUChar> = {
        let byte = UnsafeMutablePointer<OnigUChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()

    private static var encoding: OnigEncoding { withUnsafeMutablePointer(to: &OnigEncodingUTF8) { $0 } }
    private static var syntax: UnsafeMutablePointer<OnigSyntaxType> {
        withUnsafeMutablePointer(to: &OnigSyntaxPerl_NG) { $0 }
    }

    private static func groupNames(_ handle: OnigRegex) -> [String?] {
        var names = [String?](repeating: nil, count: Int(onig_number_of_captures(handle)))
        withUnsafeMutablePointer(to: &names) { names in
            _ = onig_foreach_name(
                handle,
                { name, end, count, groups, _, context in
                    guard let name, let end, let groups, let context else { return 0 }
                    let bytes = UnsafeBufferPointer(start: name, count: end - name)
                    let text = String(decoding: bytes, as: UTF8.self)
                    let names = context.assumingMemoryBound(to: [String?].self)
                    for place in 0..<Int(count) {
                        let group = Int(groups[place]) - 1
                        if names.pointee.indices.contains(group) { names.pointee[group] = text }
                    }
                    return 0
                }, names)
        }
        return names
    }
}

/// What the library's status codes mean. Its own function for that takes a variable number of arguments, which Swift
/// cannot call.
enum RegexProblem {
    static func text(_ status: Int32) -> String {
        switch status {
        case ONIGERR_MEMORY: "not enough memory"
        case ONIGERR_MATCH_STACK_LIMIT_OVER: "the match needs too much memory"
        case ONIGERR_RETRY_LIMIT_IN_MATCH_OVER, ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER: "the match takes too many steps"
        case ONIGERR_PARSE_DEPTH_LIMIT_OVER: "it is nested too deeply"
        case ONIGERR_END_PATTERN_AT_LEFT_BRACE: "it ends after '{'"
        case ONIGERR_END_PATTERN_AT_LEFT_BRACKET, ONIGERR_PREMATURE_END_OF_CHAR_CLASS: "'[' is not closed"
        case ONIGERR_EMPTY_CHAR_CLASS: "the character class is empty"
        case ONIGERR_END_PATTERN_AT_ESCAPE: "it ends with '\\'"
        case ONIGERR_END_PATTERN_AT_META, ONIGERR_END_PATTERN_AT_CONTROL: "it ends in the middle of an escape"
        case ONIGERR_TARGET_OF_REPEAT_OPERATOR_NOT_SPECIFIED: "there is nothing to repeat before the operator"
        case ONIGERR_TARGET_OF_REPEAT_OPERATOR_INVALID: "what stands before the operator cannot be repeated"
        case ONIGERR_NESTED_REPEAT_OPERATOR: "two repeat operators follow each other"
        case ONIGERR_UNMATCHED_CLOSE_PARENTHESIS: "')' has no '('"
        case ONIGERR_END_PATTERN_WITH_UNMATCHED_PARENTHESIS: "'(' is not closed"
        case ONIGERR_END_PATTERN_IN_GROUP, ONIGERR_UNDEFINED_GROUP_OPTION: "'(?' is followed by no known option"
        case ONIGERR_INVALID_LOOK_BEHIND_PATTERN: "the look-behind has no fixed length"
        case ONIGERR_INVALID_REPEAT_RANGE_PATTERN, ONIGERR_TOO_BIG_NUMBER_FOR_REPEAT_RANGE,
            ONIGERR_UPPER_SMALLER_THAN_LOWER_IN_REPEAT_RANGE:
            "the range of the repetition is not valid"
        case ONIGERR_EMPTY_RANGE_IN_CHAR_CLASS, ONIGERR_MISMATCH_CODE_LENGTH_IN_CLASS_RANGE:
            "a range in the character class is not valid"
        case ONIGERR_TOO_BIG_BACKREF_NUMBER, ONIGERR_INVALID_BACKREF, ONIGERR_UNDEFINED_NAME_REFERENCE,
            ONIGERR_UNDEFINED_GROUP_REFERENCE:
            "it refers to a group that it does not have"
        case ONIGERR_EMPTY_GROUP_NAME, ONIGERR_INVALID_GROUP_NAME, ONIGERR_INVALID_CHAR_IN_GROUP_NAME:
            "the name of a group is not valid"
        case ONIGERR_INVALID_CHAR_PROPERTY_NAME: "there is no such character property"
        case ONIGERR_NEVER_ENDING_RECURSION: "a group calls itself without end"
        default: "error \(status)"
        }
    }
}
