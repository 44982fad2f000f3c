import Execution
import Testing

@Suite("The queue of a plant's events")
struct IntakeQueueTests {
    private typealias Queue = IntakeQueue<Int>

    @Test("The first request goes at once; a few that come meanwhile wait and go together")
    func gathers() {
        var queue = Queue()
        #expect(queue.add(1, events: 1) == .start)
        #expect(queue.next() == [1])
        #expect(queue.add(2, events: 1) == .wait)
        #expect(queue.add(3, events: 1) == .wait)
        #expect(queue.endsWorker() == false)
        #expect(queue.next() == [2, 3])
        #expect(queue.endsWorker() == true)
        #expect(queue.isIdle)
    }

    @Test("A worker that finds that another has taken everything ends")
    func findsNothing() {
        var queue = Queue()
        #expect(queue.add(1, events: Queue.worthwhileBatch) == .start)
        #expect(queue.add(2, events: 1) == .start)
        #expect(queue.endsWorker() == false)
        #expect(queue.endsWorker() == false)
        #expect(queue.next() == [1, 2])
        #expect(queue.next() == [])
        #expect(queue.endsWorker() == true)
        #expect(!queue.isIdle)
        #expect(queue.endsWorker() == true)
        #expect(queue.isIdle)
    }

    @Test("A second transaction begins when enough events wait for one, and ends when they no longer do")
    func widens() {
        var queue = Queue()
        #expect(queue.add(1, events: 1) == .start)
        #expect(queue.next() == [1])
        #expect(queue.add(2, events: Queue.worthwhileBatch - 1) == .wait)
        #expect(queue.add(3, events: 1) == .start)
        #expect(queue.next() == [2, 3])
        // Both are under way: what little comes now is left to whichever of them ends last.
        #expect(queue.add(4, events: 1) == .wait)
        #expect(queue.endsWorker() == true)
        #expect(!queue.isIdle)
        #expect(queue.endsWorker() == false)
        #expect(queue.next() == [4])
        #expect(queue.endsWorker() == true)
        #expect(queue.isIdle)
    }
}
