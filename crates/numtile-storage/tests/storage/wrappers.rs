//! The sources and sinks for other rooms' tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use numtile_core::{Access, DType, Error, Layout, Sink, Source};
use numtile_storage::testing::{
    ByteSource, CountingSource, FailingSink, FailingSource, MemorySink, SlowSource, TemporaryDirectory,
};
use numtile_storage::{create, memory_source};

use crate::support::{read, spec, values};

fn bytes() -> Arc<dyn Source> {
    Arc::new(ByteSource::new(vec![1, 0, 2, 0, 3, 0, 4, 0], DType::U16, Layout::c_order(0, &[4], 2)))
}

#[test]
fn counting() {
    let source = CountingSource::new(bytes());
    assert_eq!(values(&source).len(), 4);
    assert_eq!((source.bytes_read(), source.reads()[1]), (8, (2, 2)));
    if let Access::Bytes(bytes) = source.access() {
        bytes.done_with(0, 8);
    }
    assert_eq!(source.done(), [(0, 8)]);
    source.reset();
    assert_eq!(source.bytes_read(), 0);
}

#[test]
fn slow_and_failing_sources() {
    let before = Instant::now();
    values(&SlowSource::new(bytes(), Duration::from_millis(5)));
    assert!(before.elapsed() >= Duration::from_millis(20));
    let source = FailingSource::new(bytes(), 2);
    let mut two = [0; 2];
    assert!(read(&source, 0, &mut two).is_ok() && read(&source, 2, &mut two).is_ok());
    assert!(matches!(read(&source, 4, &mut two), Err(Error::Io { errno: Some(5), .. })));
    assert!(read(&*bytes(), 7, &mut two).is_err(), "behind the end");
}

#[test]
fn wrapped_memory_stays_memory() {
    let data = Box::new([1u8, 2, 3]);
    let start = data.as_ptr();
    // SAFETY: the box goes with the source and does not move its contents.
    let memory = unsafe { memory_source(start, Layout::c_order(0, &[3], 1), DType::U8, false, data, "numpy array") };
    let counting = CountingSource::new(memory);
    assert!(matches!(counting.access(), Access::Memory(address) if address == start));
    assert_eq!(counting.name(), "numpy array");
}

#[test]
fn memory_and_failing_sinks() {
    let (sink, written) = MemorySink::new(&spec(DType::U16, &[2]));
    sink.write_at(2, &[7, 8]).unwrap();
    assert!(sink.write_at(3, &[7, 8]).is_err());
    Box::new(sink).finish().unwrap();
    assert_eq!((written.bytes(), written.is_finished()), (vec![0, 0, 7, 8], true));

    let directory = TemporaryDirectory::new().unwrap();
    let inner = create(directory.join("x.npy"), &spec(DType::U8, &[8])).unwrap();
    let sink = FailingSink::new(inner, 6);
    let start = sink.layout().offset as u64;
    sink.write_at(start, &[0; 4]).unwrap();
    assert!(matches!(sink.write_at(start + 4, &[0; 4]), Err(Error::Io { .. })));
    drop(sink);
    assert!(directory.names().unwrap().is_empty());
}
