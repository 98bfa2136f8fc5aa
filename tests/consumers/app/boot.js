console.warn('DecryptionError[msg: missing field `algorithm` at line 1 column 339]');
