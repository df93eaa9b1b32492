import type { Manner, Program, Reader, Send, Step } from './program.ts';

/** A program as somebody would write it down, for who has to find the fault. */
export function pseudoCode({ mood, balance, inFlight, readers, steps, end }: Program): string {
  let made = 0;
  const readerLine = (reader: Reader): string => `r${made++} = ${readerText(reader)}`;
  const stepLine = (step: Step): string => {
    if (step.do === 'add') return readerLine(step.reader);
    if (step.do === 'wait') return `wait ${step.ms} ms`;
    if (step.do === 'finish') return `the held call ${step.at} ${step.how}s`;
    if (step.do === 'send') return sendText(step.send);
    const what = {
      abort: 'abort signal',
      ask: 'next() of loop',
      stop: 'stop',
      dispose: 'asyncDispose',
    };
    return `${what[step.do]} ${step.at}`;
  };
  const limits = inFlight < 1000 ? `, limits.inFlight ${inFlight}` : '';
  const lines = [
    `// ${mood}; among equals: ${balance}${limits}`,
    ...readers.map(readerLine),
    ...steps.map(stepLine),
    `bus.stop({ drainMs: ${end.drainMs} })`,
    ...end.steps.map(stepLine),
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}

function readerText(reader: Reader): string {
  const { kind, pattern, style, manners, overflow, capacity, readsSignal, ...rest } = reader;
  const { filter, byParity, once, concurrency, priority, timeoutMs, group } = rest;
  const options = listed({
    group,
    priority: priority === 0 ? undefined : priority,
    filter,
    timeoutMs: timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs,
    concurrency: concurrency === 1 ? undefined : concurrency,
    capacity,
    overflow,
    key: byParity ? 'parity' : undefined,
    once: once ? true : undefined,
  });
  const calls = manners.map(mannerText).join(' | ');
  const handler =
    kind === 'loop' ? '' : `, ${style === 'native' ? 'async ' : ''}() => { ${calls} }`;
  const signal = kind === 'loop' ? '' : ` // reads its signal ${readsSignal}`;
  return `${kind === 'loop' ? 'loop over subscribe' : kind}('${pattern}'${handler}${options})${signal}`;
}

function mannerText({ does, sends, asks, stops }: Manner): string {
  const words = [
    ...sends.map(sendText),
    ...(stops ? ['stop itself'] : []),
    ...(asks === undefined ? [] : [`await request('${asks}')`]),
    does,
  ];
  return words.join('; ');
}

function sendText({ verb, topic, key, priority, timeoutMs, signal, times }: Send): string {
  const options = listed({
    key,
    priority: priority === 'normal' ? undefined : priority,
    timeoutMs,
    signal: signal === 'none' ? undefined : signal,
  });
  return `${verb}('${topic}'${options})${times > 1 ? ` × ${times}` : ''}`;
}

function listed(options: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `, { ${given.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}
