#!/bin/sh
# A batch engine for rounds.sh: vLLM without a server. MODEL names the model, VLLM_FLAGS the rest.
# run-batch holds all of IN in memory and writes OUT at its end. (Not tested without a GPU.)
exec vllm run-batch -i "$1" -o "$2" --model "${MODEL:?}" ${VLLM_FLAGS:-}
