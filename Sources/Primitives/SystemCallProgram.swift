#if canImport(Glibc)
    import Glibc

    /// A seccomp filter as it is put together: first whole calls that are refused, then calls of which an argument decides;
    /// everything else is allowed. What is refused fails with EPERM. A process of another machine's kind is killed.
    public struct SystemCallProgram: Sendable {
        /// `struct sock_filter` of linux/filter.h.
        public struct Instruction: Sendable {
            var code: UInt16
            var jumpTrue: UInt8 = 0
            var jumpFalse: UInt8 = 0
            var value: UInt32
        }

        public private(set) var instructions: [Instruction]

        /// As the kernel takes it.
        public var bytes: [UInt8] { instructions.withUnsafeBytes { Array($0) } }

        // linux/seccomp.h and linux/bpf_common.h.
        private static let loadWord: UInt16 = 0x20
        private static let jumpIfEqual: UInt16 = 0x15
        private static let jumpIfAtLeast: UInt16 = 0x35
        private static let jumpIfAnyBit: UInt16 = 0x45
        private static let answer: UInt16 = 0x06
        private static let allow: UInt32 = 0x7FFF_0000
        private static let refuse: UInt32 = 0x0005_0000 | UInt32(EPERM)
        private static let refuseAsUnknown: UInt32 = 0x0005_0000 | UInt32(ENOSYS)
        private static let killProcess: UInt32 = 0x8000_0000

        /// - Parameters:
        ///   - audit: AUDIT_ARCH_… of linux/audit.h.
        ///   - foreignFrom: numbers from here on are another calling convention of the same machine.
        ///   - refused: numbers of calls.
        public init(audit: UInt32, foreignFrom: UInt32?, refused: [UInt32]) {
            // seccomp_data: number at 0, architecture at 4, arguments from 16 on, 8 bytes each.
            instructions = [
                Instruction(code: Self.loadWord, value: 4),
                Instruction(code: Self.jumpIfEqual, jumpTrue: 1, value: audit),
                Instruction(code: Self.answer, value: Self.killProcess),
                Instruction(code: Self.loadWord, value: 0),
            ]
            if let foreignFrom {
                instructions.append(Instruction(code: Self.jumpIfAtLeast, jumpFalse: 1, value: foreignFrom))
                instructions.append(Instruction(code: Self.answer, value: Self.refuse))
            }
            for number in refused {
                instructions.append(Instruction(code: Self.jumpIfEqual, jumpFalse: 1, value: number))
                instructions.append(Instruction(code: Self.answer, value: Self.refuse))
            }
        }

        public mutating func refuse(_ call: UInt32, withAnyOf bits: UInt32, inArgument argument: UInt32) {
            decide(call, argument, Instruction(code: Self.jumpIfAnyBit, jumpFalse: 1, value: bits))
        }

        public mutating func refuse(_ call: UInt32, withNoneOf bits: UInt32, inArgument argument: UInt32) {
            decide(call, argument, Instruction(code: Self.jumpIfAnyBit, jumpTrue: 1, value: bits))
        }

        public mutating func refuse(_ call: UInt32, unless value: UInt32, isArgument argument: UInt32) {
            decide(call, argument, Instruction(code: Self.jumpIfEqual, jumpTrue: 1, value: value))
        }

        /// As if the kernel were too old for it (ENOSYS): the C library then uses an older call.
        public mutating func refuseAsUnknown(_ call: UInt32) {
            instructions.append(Instruction(code: Self.jumpIfEqual, jumpFalse: 1, value: call))
            instructions.append(Instruction(code: Self.answer, value: Self.refuseAsUnknown))
        }

        /// What follows no rule is allowed.
        public mutating func finish() { instructions.append(Instruction(code: Self.answer, value: Self.allow)) }

        /// - Parameter test: jumps over the refusal where the call is allowed.
        private mutating func decide(_ call: UInt32, _ argument: UInt32, _ test: Instruction) {
            instructions += [
                Instruction(code: Self.jumpIfEqual, jumpFalse: 4, value: call),
                Instruction(code: Self.loadWord, value: 16 + 8 * argument),
                test,
                Instruction(code: Self.answer, value: Self.refuse),
                Instruction(code: Self.answer, value: Self.allow),
            ]
        }
    }
#endif
