#!/usr/bin/env node
import process from 'node:process';
import { main } from './main.ts';

process.exitCode = await main({
  args: process.argv.slice(2),
  cwd: process.cwd(),
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
});
