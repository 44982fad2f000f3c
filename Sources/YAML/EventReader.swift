import CLibYAML

/// libyaml's parser: the text's events, one after the other.
struct EventReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeBufferPointer<UInt8>

    /// - Parameter text: UTF-8 that outlives the reader.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        // Windows' editors put a byte order mark in front; libyaml takes it for a character where the encoding is given.
        let mark = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        yaml_parser_set_input_string(parser, text.baseAddress.map { $0 + mark }, text.count - mark)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deinitialize(count: 1)
        parser.deallocate()
    }

    mutating func next() throws(YAMLError) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        return YAMLEvent(event)
    }

    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the text cannot be read"
        let context = parser.pointee.context.map { " " + String(cString: $0) } ?? ""
        if parser.pointee.error == YAML_READER_ERROR {
            return YAMLError(.syntax, problem, at: location(ofByte: parser.pointee.problem_offset))
        }
        if parser.pointee.error == YAML_MEMORY_ERROR || problem.hasPrefix("Maximum nesting level") {
            // libyaml looks ahead and may meet its own limit of a thousand levels before we meet ours.
            return YAMLError(.tooDeep, "values are nested too deep", at: SourceLocation(parser.pointee.mark))
        }
        let mark = parser.pointee.problem_mark
        return YAMLError(.syntax, problem + context, at: SourceLocation(mark))
    }

    /// The reader knows no lines yet when it meets a character that YAML does not allow.
    private func location(ofByte offset: Int) -> SourceLocation {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return SourceLocation(line: line, column: column)
    }
}

/// One event, copied out of libyaml's memory.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd
        case alias(String)
        case scalar(text: String, isPlain: Bool)
        case sequenceStart
        case mappingStart
    }

    let kind: Kind
    let anchor: String?
    /// `nil` when the author wrote none.
    let tag: String?
    let location: SourceLocation

    init(_ event: yaml_event_t) {
        location = SourceLocation(event.start_mark)
        var names: (anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?) = (nil, nil)
        switch event.type {
        case YAML_ALIAS_EVENT:
            kind = .alias(event.data.alias.anchor.map { String(cString: $0) } ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            names = (scalar.anchor, scalar.tag)
            kind = .scalar(
                text: String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            names = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
            kind = .sequenceStart
        case YAML_MAPPING_START_EVENT:
            names = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
            kind = .mappingStart
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: kind = .streamEnd
        }
        anchor = names.anchor.map { String(cString: $0) }
        tag = names.tag.map { String(cString: $0) }
    }
}

extension SourceLocation {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
